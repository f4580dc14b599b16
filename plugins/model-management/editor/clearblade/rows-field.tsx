import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { DropZone } from '../upload/drop-zone';
import { FileButton } from '../upload/file-button';
import { type ExportedRows, rowsFromText } from './exported-rows';

/** Undefined also for what is nested too deeply to be walked through. */
function readRows(text: string): ExportedRows | undefined {
  try {
    return rowsFromText(text);
  } catch {
    return undefined;
  }
}

/** Rows of the original, pasted or from a file; goes on once there are some. */
export function RowsField({
  text,
  onText,
  onRows,
}: {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onRows: (rows: ExportedRows) => void;
}) {
  const [isRefused, setRefused] = useState(false);
  const take = (given: string): void => {
    const rows = readRows(given);
    onText(given);
    setRefused(rows === undefined);
    if (rows) onRows(rows);
  };
  const takeFile = (file: File): void => {
    file.text().then(take, () => setRefused(true));
  };
  return (
    <DropZone class="mm-form mm-drop" hint={t('import.drop')} onFile={takeFile}>
      <p>{t('import.intro')}</p>
      <FileButton accept=".json,.csv" invitation={t('import.orDrop')} onFile={takeFile} />
      <textarea
        class="mm-rows-text"
        rows={10}
        value={text}
        spellcheck={false}
        placeholder={t('import.placeholder')}
        aria-label={t('import.rows')}
        aria-invalid={isRefused}
        onInput={(event) => {
          setRefused(false);
          onText(event.currentTarget.value);
        }}
      />
      {isRefused && (
        <p class="mm-refused" role="alert">
          <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {t('import.noRows')}
        </p>
      )}
      <div class="mm-buttons">
        <button type="button" class="red-ui-button primary" disabled={text.trim() === ''} onClick={() => take(text)}>
          {t('import.show')}
        </button>
      </div>
    </DropZone>
  );
}
