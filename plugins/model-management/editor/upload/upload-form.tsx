import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Model, Version } from '../contract';
import { ErrorBox } from '../feedback';
import { useFocusReturn } from '../focus-return';
import { t } from '../i18n';
import { CheckList } from './check-list';
import { nameFromFile } from './file-choice';
import { StoredVersion } from './stored-version';
import { UploadFields, type UploadWishes } from './upload-fields';
import { UploadProgress } from './upload-progress';
import { useUpload } from './use-upload';

export interface UploadFormProps {
  /** Known models, to say whether the name makes a new one. */
  readonly models: readonly Model[];
  /** The model a new version is for; absent: the user names it. */
  readonly model?: string;
  readonly suggestedName?: string;
  readonly file?: File;
  readonly onStored: (version: Version) => void;
  /** Shows the model in full. Absent where that has no place. */
  readonly onOpen?: (name: string) => void;
  readonly onClose: () => void;
}

/** From choosing a file to a stored version: fields, progress, checks, then the signature or what is wrong. */
export function UploadForm({ models, model, suggestedName, file, onStored, onOpen, onClose }: UploadFormProps) {
  const upload = useUpload(onStored);
  const [wishes, setWishes] = useState<UploadWishes>({
    name: model ?? suggestedName ?? nameFromFile(file?.name ?? ''),
    description: '',
    ...(file && { file }),
  });
  const { state } = upload;
  const box = useRef<HTMLElement>(null);
  useFocusReturn(box);
  useLayoutEffect(() => box.current?.querySelector('input')?.focus({ preventScroll: true }), []);
  const send = (allowDuplicate: boolean): void => {
    if (wishes.file) upload.start({ ...wishes, file: wishes.file, allowDuplicate });
  };
  return (
    <section ref={box} class="mm-upload" aria-label={t('upload.title')}>
      <header class="mm-section-head">
        <h3>{model ? t('upload.titleVersion', { name: model }) : t('upload.title')}</h3>
        <button type="button" class="red-ui-button red-ui-button-small" onClick={onClose}>
          {t(state.status === 'stored' ? 'action.done' : model ? 'action.cancel' : 'action.back')}
        </button>
      </header>
      {(state.status === 'idle' || state.status === 'failed') && (
        <UploadFields
          wishes={wishes}
          models={models}
          fixedName={model !== undefined}
          onChange={(change) => {
            upload.reset();
            setWishes({ ...wishes, ...change });
          }}
          onSubmit={() => send(false)}
        />
      )}
      {state.status !== 'idle' && <CheckList state={state} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      {state.status === 'failed' && state.error.code === 'DUPLICATE_VERSION' && (
        <button type="button" class="red-ui-button" onClick={() => send(true)}>
          {t('upload.anyway')}
        </button>
      )}
      <UploadProgress state={state} onCancel={upload.reset} />
      {state.status === 'stored' && <StoredVersion version={state.version} models={models} onOpen={onOpen} />}
    </section>
  );
}
