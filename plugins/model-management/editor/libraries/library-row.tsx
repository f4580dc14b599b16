import { Age } from '../age';
import { t, tCount } from '../i18n';
import type { Library } from './contract';
import { LibrarySign } from './library-sign';

export function LibraryRow({
  library,
  onOpen,
}: {
  readonly library: Library;
  readonly onOpen: (name: string) => void;
}) {
  const { name, description, revision, builtIn, updatedAt, state, error, usedBy } = library;
  return (
    <li>
      <button type="button" class="mm-row mm-library-row" onClick={() => onOpen(name)}>
        <LibrarySign library={library} />
        <span class="mm-row-name" title={description || name}>
          {name}
        </span>
        <span class="mm-row-usage">
          {state === 'failed' &&
            `${error?.line ? t('library.failedAt', { line: error.line }) : t('library.state.failed')} · `}
          {builtIn ? t('library.state.builtIn') : t('library.revision', { revision })}
          {updatedAt && (
            <>
              {' · '}
              <Age at={updatedAt} />
            </>
          )}
          {' · '}
          {usedBy.length > 0 ? tCount('usage.nodes', usedBy.length) : t('usage.none')}
        </span>
      </button>
    </li>
  );
}
