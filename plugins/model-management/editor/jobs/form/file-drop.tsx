import { useRef } from 'preact/hooks';
import { t } from '../../i18n';
import type { StagedFile } from './job-draft';

/** Where files are dropped, folders too, or chosen. */
export function FileDrop({
  label,
  accept,
  onFiles,
}: {
  readonly label: string;
  readonly accept?: string;
  readonly onFiles: (files: readonly StagedFile[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
    <div
      class="mm-file-drop"
      role="group"
      aria-label={label}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void droppedFiles(event.dataTransfer).then(onFiles);
      }}
    >
      <button type="button" class="red-ui-button red-ui-button-small" onClick={() => input.current?.click()}>
        {label}
      </button>
      <span class="mm-sub">{t('job.file.orDrop')}</span>
      <input
        ref={input}
        class="mm-unseen"
        type="file"
        multiple
        tabIndex={-1}
        aria-hidden="true"
        {...(accept && { accept })}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])].map((file) => ({ path: file.name, body: file })));
          currentTarget.value = '';
        }}
      />
    </div>
  );
}

/** With the paths below a folder that was dropped, without its own name: scripts are told one folder. */
async function droppedFiles(transfer: DataTransfer | null): Promise<readonly StagedFile[]> {
  const entries = [...(transfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...(transfer?.files ?? [])].map((file) => ({ path: file.name, body: file }));
  const found = await Promise.all(entries.map((entry) => filesOf(entry, entry.isDirectory ? null : '')));
  return found.flat();
}

async function filesOf(entry: FileSystemEntry, folder: string | null): Promise<readonly StagedFile[]> {
  if (entry.isFile) {
    const body = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: `${folder ?? ''}${entry.name}`, body }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: StagedFile[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    const inner = folder === null ? '' : `${folder}${entry.name}/`;
    all.push(...(await Promise.all(part.map((one) => filesOf(one, inner)))).flat());
  }
}
