import { envListText, listedVariables } from '../../../../../lib/training/env-list';
import { t } from '../../i18n';
import type { JobDraft } from './job-draft';

/** What a script finds in its environment, as the form now stands. */
export function EnvPreview({ draft }: { readonly draft: JobDraft }) {
  const metrics = draft.metrics.filter(({ name }) => name !== '');
  const queries = draft.queries.map(({ key: _key, ...query }) => ({
    ...query,
    newDataCollections: [...query.newDataCollections],
  }));
  const env = Object.fromEntries(
    draft.env.filter(({ name, isSecret }) => name !== '' && !isSecret).map(({ name, value }) => [name, value]),
  );
  const text = envListText(listedVariables({ queries, metrics, env }, { id: t('job.form.runId'), baseVersion: null }));
  return (
    <section class="mm-form">
      <h3>{t('job.form.envList')}</h3>
      <pre class="mm-log-lines mm-env-list">{text}</pre>
      <p class="mm-hint">{t('job.form.envListHint')}</p>
    </section>
  );
}
