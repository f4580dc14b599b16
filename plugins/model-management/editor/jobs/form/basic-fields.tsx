import { useId } from 'preact/hooks';
import { t } from '../../i18n';
import { TextField } from '../../widgets/text-field';
import type { JobDraft } from './job-draft';

const IMAGES = { usual: 'python:3.12-slim', original: 'python:3.9-bullseye' } as const;
const NEW_NAME = 'iris-{date}';

/** What is trained, where, and what becomes of the result. */
export function BasicFields({
  draft,
  isNew,
  models,
  onChange,
}: {
  readonly draft: JobDraft;
  readonly isNew: boolean;
  readonly models: readonly string[];
  readonly onChange: (more: Partial<JobDraft>) => void;
}) {
  const ids = { model: useId(), edge: useId(), runner: useId() };
  const known = models.includes(draft.baseModel) || draft.baseModel === '' ? models : [...models, draft.baseModel];
  return (
    <section class="mm-form">
      {isNew && <TextField label={t('job.form.name')} value={draft.name} onInput={(name) => onChange({ name })} />}
      <label for={ids.model}>
        <span>{t('job.form.baseModel')}</span>
        <select
          id={ids.model}
          value={draft.baseModel}
          onChange={({ currentTarget: { value } }) =>
            onChange({
              baseModel: value,
              ...(isNew && draft.name === '' && value !== '' ? { name: `${value}_job` } : {}),
            })
          }
        >
          <option value="">{t('job.form.choose')}</option>
          {known.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label for={ids.edge}>
        <span>{t('job.form.edge')}</span>
        <select id={ids.edge} value="local">
          <option value="local">{t('job.form.local')}</option>
        </select>
      </label>
      <label for={ids.runner}>
        <span>{t('job.form.runner')}</span>
        <select
          id={ids.runner}
          value={draft.runner}
          onChange={({ currentTarget: { value } }) => onChange({ runner: value === 'process' ? 'process' : 'docker' })}
        >
          <option value="docker">{t('job.runner.docker')}</option>
          <option value="process">{t('job.runner.process')}</option>
        </select>
      </label>
      {draft.runner === 'process' && <p class="mm-hint">{t('job.form.processHint')}</p>}
      {draft.runner === 'docker' && <ImageField image={draft.image} onChange={(image) => onChange({ image })} />}
      <ResultFields draft={draft} onChange={onChange} />
    </section>
  );
}

function ImageField({ image, onChange }: { readonly image: string; readonly onChange: (image: string) => void }) {
  const id = useId();
  return (
    <label for={id}>
      <span>{t('job.form.image')}</span>
      <input
        id={id}
        type="text"
        list={`${id}-list`}
        value={image}
        placeholder={IMAGES.usual}
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={`${id}-list`}>
        <option value={IMAGES.usual} />
        <option value={IMAGES.original}>{t('job.form.asOriginal')}</option>
      </datalist>
    </label>
  );
}

function ResultFields({
  draft,
  onChange,
}: {
  readonly draft: JobDraft;
  readonly onChange: (more: Partial<JobDraft>) => void;
}) {
  const id = useId();
  return (
    <>
      <label class="mm-check" for={id}>
        <input
          id={id}
          type="checkbox"
          checked={draft.updateExistingModel}
          onChange={(event) => onChange({ updateExistingModel: event.currentTarget.checked })}
        />
        <span>{t('job.form.update')}</span>
      </label>
      {!draft.updateExistingModel && (
        <>
          <TextField
            label={t('job.form.newModel')}
            value={draft.newModelName}
            placeholder={NEW_NAME}
            onInput={(newModelName) => onChange({ newModelName })}
          />
          <p class="mm-hint">{t('job.form.newModelHint')}</p>
        </>
      )}
    </>
  );
}
