import { useState } from 'preact/hooks';
import { formatAge } from '../format';
import { t } from '../i18n';
import { Toggle } from '../toggle';
import { useSettled } from '../use-settled';
import type { LibraryWithSource } from './contract';
import { DiffView } from './diff-view';
import type { Typed } from './library-draft';

/** Somebody stored a revision while there are changes here: nothing is lost before the person has chosen. */
export function Conflict({
  theirs,
  mine,
  base,
  onTake,
  onReplace,
}: {
  readonly theirs: LibraryWithSource;
  readonly mine: Typed;
  /** The revision that mine stands on. */
  readonly base: number | undefined;
  readonly onTake: () => void;
  readonly onReplace: () => void;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const source = useSettled(mine.source);
  const { revision, updatedBy, updatedAt } = theirs;
  const values = {
    user: updatedBy ?? t('library.somebody'),
    revision,
    age: updatedAt ? formatAge(updatedAt, Date.now(), RED.i18n.lang()) : '',
  };
  return (
    <div class="mm-question" role="alert">
      <p>
        <i class="fa fa-code-fork" aria-hidden="true" />{' '}
        {base ? t('library.conflict.moved', { ...values, base }) : t('library.conflict.made', values)}
      </p>
      <div class="mm-buttons">
        <Toggle open={isOpen} text={t('library.conflict.look')} onClick={() => setIsOpen(!isOpen)} />
        <button type="button" class="red-ui-button" onClick={onTake}>
          {t('library.conflict.take', { revision })}
        </button>
        <button type="button" class="red-ui-button mm-danger" onClick={onReplace}>
          {t('library.conflict.replace', { revision: revision + 1 })}
        </button>
      </div>
      {isOpen && (
        <DiffView
          before={theirs.source}
          after={source}
          beforeName={t('library.revision', { revision })}
          afterName={t('library.diff.mine')}
        />
      )}
    </div>
  );
}
