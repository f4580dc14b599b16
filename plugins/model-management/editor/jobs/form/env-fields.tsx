import { t } from '../../i18n';
import type { EnvDraft, JobDraft } from './job-draft';

/** Variables of the scripts; a secret is kept encrypted, and is not shown again. */
export function EnvFields({
  draft,
  onChange,
}: {
  readonly draft: JobDraft;
  readonly onChange: (more: Partial<JobDraft>) => void;
}) {
  const { env } = draft;
  const add = (): void => {
    const fresh: EnvDraft = { key: draft.nextKey, name: '', value: '', isSecret: false, storedName: null };
    onChange({ env: [...env, fresh], nextKey: draft.nextKey + 1 });
  };
  const replace = (key: number, more: Partial<EnvDraft>): void =>
    onChange({ env: env.map((entry) => (entry.key === key ? { ...entry, ...more } : entry)) });
  return (
    <>
      <h3>{t('job.form.env')}</h3>
      {env.map(({ key, name, value, isSecret, storedName }) => (
        <div key={key} class="mm-line">
          <input
            type="text"
            value={name}
            placeholder={t('job.form.envName')}
            aria-label={t('job.form.envName')}
            spellcheck={false}
            onInput={(event) => replace(key, { name: event.currentTarget.value })}
          />
          <input
            {...(isSecret ? ({ type: 'password' } as const) : ({ type: 'text' } as const))}
            value={value}
            placeholder={isSecret && storedName === name ? t('job.form.secretStored') : t('job.form.envValue')}
            aria-label={t('job.form.envValue')}
            autoComplete="off"
            spellcheck={false}
            onInput={(event) => replace(key, { value: event.currentTarget.value })}
          />
          <label class="mm-check">
            <input
              type="checkbox"
              checked={isSecret}
              onChange={(event) => replace(key, { isSecret: event.currentTarget.checked })}
            />
            <span>{t('job.form.secret')}</span>
          </label>
          <button
            type="button"
            class="red-ui-button red-ui-button-small"
            aria-label={t('job.file.remove', { name })}
            title={t('job.file.remove', { name })}
            onClick={() => onChange({ env: env.filter((entry) => entry.key !== key) })}
          >
            <i class="fa fa-trash-o" aria-hidden="true" />
          </button>
        </div>
      ))}
      <div class="mm-buttons">
        <button type="button" class="red-ui-button red-ui-button-small" onClick={add}>
          <i class="fa fa-plus" aria-hidden="true" /> {t('job.form.addEnv')}
        </button>
      </div>
    </>
  );
}
