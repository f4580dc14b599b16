import { useContext, useState } from 'preact/hooks';
import { Age } from '../age';
import { DeleteQuestion } from '../delete-question';
import { formatBytes } from '../format';
import { t, tCount } from '../i18n';
import { Leave } from '../model/frame';
import { UsageList } from '../model/usage-list';
import { Toggle } from '../toggle';
import { closeTray } from '../widgets/tray';
import type { Library } from './contract';
import { deleteLibrary } from './library-client';
import type { Draft } from './library-draft';
import { LibrarySign } from './library-sign';
import type { LibraryTrayOptions } from './library-tray';
import { NewLibrary } from './new-library';
import { mayWriteLibraries } from './rights';

type Section = 'usage' | 'copy' | 'delete';

/** Name, facts and users of a library, and what can be done with the whole of it. */
export function LibraryHead({
  name,
  draft,
  mayChange,
  onOpen,
}: {
  readonly name: string;
  readonly draft: Draft;
  readonly mayChange: boolean;
  readonly onOpen: (options: LibraryTrayOptions) => void;
}) {
  const [open, setOpen] = useState<Section>();
  const leave = useContext(Leave);
  const toggle = (section: Section): void => setOpen(open === section ? undefined : section);
  const close = (): void => setOpen(undefined);
  const { base } = draft;
  const usedBy = base?.usedBy ?? [];
  return (
    <>
      <header class="mm-head">
        <div>
          <h2>
            {base && <LibrarySign library={base} />} {name}
          </h2>
          <p class="mm-sub">
            {base ? <Facts library={base} /> : t('library.notStored')}
            {base && ` · ${usedBy.length === 0 ? t('usage.none') : tCount('usage.nodes', usedBy.length)}`}{' '}
            {usedBy.length > 0 && (
              <button type="button" class="mm-link" aria-expanded={open === 'usage'} onClick={() => toggle('usage')}>
                {t('usage.show')}
              </button>
            )}
          </p>
        </div>
        <div class="mm-buttons">
          {mayWriteLibraries() && (
            <Toggle open={open === 'copy'} text={t('library.copy')} onClick={() => toggle('copy')} />
          )}
          {mayChange && base && (
            <Toggle open={open === 'delete'} text={t('action.deleteModel')} onClick={() => toggle('delete')} />
          )}
        </div>
      </header>
      {open === 'usage' && <UsageList usedBy={usedBy} />}
      {open === 'copy' && (
        <NewLibrary
          copyOf={{ name, source: draft.source, description: draft.description }}
          onCreate={(copy) => void leave().then(() => onOpen(copy))}
          onClose={close}
        />
      )}
      {open === 'delete' && (
        <DeleteQuestion
          confirm={t('delete.confirmModel', { name })}
          inUse={t('library.deleteInUse', { name })}
          remove={(force, signal) => deleteLibrary(name, force, signal)}
          onGone={() => void closeTray()}
          onClose={close}
        >
          <p>{t('library.deleteEffect', { name })}</p>
        </DeleteQuestion>
      )}
    </>
  );
}

/** "rev. 4 · 2 minutes ago · anna · 1.2 kB" */
function Facts({ library: { builtIn, revision, updatedAt, updatedBy, sizeBytes } }: { readonly library: Library }) {
  return (
    <>
      {builtIn ? t('library.state.builtIn') : t('library.revision', { revision })}
      {updatedAt && (
        <>
          {' · '}
          <Age at={updatedAt} />
        </>
      )}
      {updatedBy && ` · ${updatedBy}`} · {formatBytes(sizeBytes, RED.i18n.lang())}
    </>
  );
}
