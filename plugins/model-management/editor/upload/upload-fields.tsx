import type { Model } from '../contract';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { DropZone } from './drop-zone';
import { FileButton } from './file-button';
import { isArchive, isModelName, nameFromFile } from './file-choice';

export interface UploadWishes {
  readonly name: string;
  readonly description: string;
  readonly file?: File;
}

export function UploadFields({
  wishes,
  models,
  fixedName,
  onChange,
  onSubmit,
}: {
  readonly wishes: UploadWishes;
  readonly models: readonly Model[];
  readonly fixedName: boolean;
  readonly onChange: (change: Partial<UploadWishes>) => void;
  readonly onSubmit: () => void;
}) {
  const { name, description, file } = wishes;
  const takeFile = (chosen: File): void =>
    onChange({ file: chosen, ...(!fixedName && !name && { name: nameFromFile(chosen.name) }) });
  const known = models.find((model) => model.name.toLowerCase() === name.toLowerCase());
  const nameHint = !name || fixedName ? '' : !isModelName(name) ? t('upload.badName') : nameNote(known);
  const isComplete = file !== undefined && isModelName(name);
  return (
    <FormGroup class="mm-form" label={t('upload.title')} onSubmit={() => isComplete && onSubmit()}>
      <DropZone class="mm-drop" hint={t('upload.drop')} onFile={takeFile}>
        <FileButton accept=".onnx,.tar" invitation={t('upload.orDrop')} {...(file && { file })} onFile={takeFile} />
      </DropZone>
      {!fixedName && (
        <label>
          <span>{t('upload.name')}</span>
          <input
            type="text"
            value={name}
            spellcheck={false}
            aria-invalid={name !== '' && !isModelName(name)}
            onInput={(event) => onChange({ name: event.currentTarget.value.trim() })}
          />
        </label>
      )}
      {file && isArchive(file.name) && <p class="mm-hint">{t('upload.archive')}</p>}
      {nameHint && (
        <p class="mm-hint" role="status">
          {nameHint}
        </p>
      )}
      <label>
        <span>{t('upload.description')}</span>
        <input
          type="text"
          value={description}
          placeholder={t('upload.descriptionHint')}
          onInput={(event) => onChange({ description: event.currentTarget.value })}
        />
      </label>
      <div class="mm-buttons">
        <button type="button" class="red-ui-button primary" disabled={!isComplete} onClick={onSubmit}>
          {t('upload.submit')}
        </button>
      </div>
    </FormGroup>
  );
}

function nameNote(known: Model | undefined): string {
  if (!known) return t('upload.newModel');
  return t('upload.newVersion', { name: known.name, version: (known.latestVersion ?? 0) + 1 });
}
