import { useId } from 'preact/hooks';
import { t } from '../../i18n';
import { ChoiceField } from '../../widgets/choice-field';
import { TextField } from '../../widgets/text-field';
import { EdgeFields } from './edge-field';
import type { JobDraft } from './job-draft';

const IMAGES = { usual: 'python:3.12-slim', original: 'python:3.9-bullseye' } as const;
const RUNNERS = ['docker', 'process'] as const;
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
  const known = models.includes(draft.baseModel) || draft.baseModel === '' ? models : [...models, draft.baseModel];
  return (
    <section class="mm-form">
      {isNew && <TextField label={t('job.form.name')} value={draft.name} onInput={(name) => onChange({ name })} />}
      <ChoiceField
        label={t('job.form.baseModel')}
        value={draft.baseModel}
        options={[{ value: '', text: t('job.form.choose') }, ...known.map((name) => ({ value: name, text: name }))]}
        onChange={(baseModel) =>
          onChange({ baseModel, ...(isNew && draft.name === '' && baseModel !== '' && { name: `${baseModel}_job` }) })
        }
      />
      <EdgeFields draft={draft} onChange={onChange} />
      <ChoiceField
        label={t('job.form.runner')}
        value={draft.runner}
        options={RUNNERS.map((runner) => ({ value: runner, text: t(`job.runner.${runner}`) }))}
        onChange={(runner) => onChange({ runner })}
      />
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
