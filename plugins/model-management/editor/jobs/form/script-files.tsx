import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { FileDrop } from './file-drop';
import { fileNames, type JobDraft, moved, withFiles, withoutFile } from './job-draft';
import { ScriptEditor } from './script-editor';

type OnDraft = (change: (draft: JobDraft) => JobDraft) => void;

/** The scripts in the order of running, which a drag or the arrows change; each can be written in place. */
export function ScriptFiles({
  draft,
  isNew,
  onDraft,
}: {
  readonly draft: JobDraft;
  readonly isNew: boolean;
  readonly onDraft: OnDraft;
}) {
  const [edited, setEdited] = useState<string>();
  const [dragged, setDragged] = useState<number>();
  const move = (from: number, to: number): void =>
    onDraft((before) => ({ ...before, scripts: moved(before.scripts, from, to) }));
  const add = (): void => {
    const name = freeName(draft.scripts);
    onDraft((before) => withFiles(before, 'scripts', [{ path: name, body: new Blob(['']) }]));
    setEdited(name);
  };
  return (
    <section class="mm-form">
      <h3>{t('job.form.scripts')}</h3>
      <ol class="mm-files" aria-label={t('job.form.scripts')}>
        {draft.scripts.map((name, index) => (
          <li
            key={name}
            draggable
            onDragStart={() => setDragged(index)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              event.stopPropagation();
              if (dragged !== undefined) move(dragged, index);
              setDragged(undefined);
            }}
          >
            <ScriptRow
              name={name}
              isFirst={index === 0}
              isLast={index === draft.scripts.length - 1}
              isOpen={edited === name}
              onMove={(step) => move(index, index + step)}
              onEdit={() => setEdited(edited === name ? undefined : name)}
              onRemove={() => onDraft((before) => withoutFile(before, 'scripts', name))}
            />
            {edited === name && <ScriptEditor key={name} draft={draft} name={name} isNew={isNew} onDraft={onDraft} />}
          </li>
        ))}
      </ol>
      <div class="mm-buttons">
        <FileDrop
          label={t('job.file.addScript')}
          accept=".py"
          onFiles={(files) =>
            onDraft((before) =>
              withFiles(
                before,
                'scripts',
                files.filter(({ path }) => /\.py$/i.test(path)),
              ),
            )
          }
        />
        <button type="button" class="red-ui-button red-ui-button-small" onClick={add}>
          {t('job.file.writeScript')}
        </button>
      </div>
    </section>
  );
}

function freeName(taken: readonly string[]): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? 'train.py' : `train-${count}.py`;
    if (!taken.includes(name)) return name;
  }
}

function ScriptRow({
  name,
  isFirst,
  isLast,
  isOpen,
  onMove,
  onEdit,
  onRemove,
}: {
  readonly name: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isOpen: boolean;
  readonly onMove: (step: -1 | 1) => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}) {
  const button = (icon: string, word: string, isOff: boolean, onClick: () => void) => (
    <button
      type="button"
      class="red-ui-button red-ui-button-small"
      aria-label={t(`job.file.${word}`, { name })}
      title={t(`job.file.${word}`, { name })}
      aria-disabled={isOff}
      onClick={() => isOff || onClick()}
    >
      <i class={`fa ${icon}`} aria-hidden="true" />
    </button>
  );
  return (
    <div class="mm-file">
      <i class="fa fa-bars mm-grip" aria-hidden="true" />
      <button type="button" class="mm-link" aria-expanded={isOpen} onClick={onEdit}>
        {name}
      </button>
      {button('fa-arrow-up', 'up', isFirst, () => onMove(-1))}
      {button('fa-arrow-down', 'down', isLast, () => onMove(1))}
      {button('fa-trash-o', 'remove', false, onRemove)}
    </div>
  );
}

/** Files that scripts find in the folder of additional outputs: weights to start from, encoders and the like. */
export function AdditionalFiles({ draft, onDraft }: { readonly draft: JobDraft; readonly onDraft: OnDraft }) {
  const names = fileNames(draft, 'additional');
  return (
    <section class="mm-form">
      <h3>{t('job.form.additional')}</h3>
      {names.length > 0 && (
        <ul class="mm-files" aria-label={t('job.form.additional')}>
          {names.map((name) => (
            <li key={name}>
              <div class="mm-file">
                <span class="mm-file-name">{name}</span>
                <button
                  type="button"
                  class="red-ui-button red-ui-button-small"
                  aria-label={t('job.file.remove', { name })}
                  title={t('job.file.remove', { name })}
                  onClick={() => onDraft((before) => withoutFile(before, 'additional', name))}
                >
                  <i class="fa fa-trash-o" aria-hidden="true" />
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
      <FileDrop
        label={t('job.file.add')}
        onFiles={(files) => onDraft((before) => withFiles(before, 'additional', files))}
      />
    </section>
  );
}
