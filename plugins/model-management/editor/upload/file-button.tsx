import { formatBytes } from '../format';
import { t } from '../i18n';

/** The platform's way to choose a file, as one of its buttons; beside it the chosen file, or an invitation. */
export function FileButton({
  accept,
  invitation,
  file,
  onFile,
}: {
  readonly accept: string;
  readonly invitation: string;
  readonly file?: File;
  readonly onFile: (file: File) => void;
}) {
  return (
    <label class="mm-file">
      <input
        type="file"
        accept={accept}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen) onFile(chosen);
        }}
      />
      <span class="red-ui-button">
        <i class="fa fa-folder-open-o" aria-hidden="true" /> {t('upload.choose')}
      </span>
      <span class="mm-file-name">
        {file ? `${file.name} (${formatBytes(file.size, RED.i18n.lang())})` : invitation}
      </span>
    </label>
  );
}
