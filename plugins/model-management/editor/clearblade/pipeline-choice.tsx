import { t, tCount } from '../i18n';
import type { ClearbladeImport } from './import-client';

/** With more than these, the notes of each are folded. */
const UNFOLDED_COUNT = 3;

/** The pipelines found, each with what differs from the original. */
export function PipelineChoice({
  rows,
  warnings,
  left,
  onToggle,
}: {
  readonly rows: readonly unknown[];
  readonly warnings: ClearbladeImport['warnings'];
  /** Indices of those that are not taken. */
  readonly left: ReadonlySet<number>;
  readonly onToggle: (index: number) => void;
}) {
  return (
    <section>
      <h3>{tCount('import.found', rows.length)}</h3>
      <ul class="mm-choices">
        {rows.map((row, index) => {
          const name = nameOf(row);
          return (
            <li key={index}>
              <label class="mm-choice">
                <input type="checkbox" checked={!left.has(index)} onChange={() => onToggle(index)} />
                <strong>{name || t('import.unnamed', { number: index + 1 })}</strong>
              </label>
              <Notes
                notes={warnings.filter(({ pipeline }) => pipeline === name).map(({ message }) => message)}
                isOpen={rows.length <= UNFOLDED_COUNT}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Notes({ notes, isOpen }: { readonly notes: readonly string[]; readonly isOpen: boolean }) {
  if (notes.length === 0) return <p class="mm-sub">{t('import.noNotes')}</p>;
  return (
    <details open={isOpen}>
      <summary class="mm-sub">{tCount('import.notes', notes.length)}</summary>
      <ul class="mm-notes">
        {notes.map((note, index) => (
          <li key={index}>{note}</li>
        ))}
      </ul>
    </details>
  );
}

function nameOf(row: unknown): string {
  const name: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, 'name') : undefined;
  return typeof name === 'string' ? name : '';
}
