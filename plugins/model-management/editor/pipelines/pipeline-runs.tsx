import { Age } from '../age';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import { NodeLink } from './node-link';
import type { PipelineRunView } from './pipeline-client';

/** The last runs, newest first, each with its error and the node that had it. */
export function PipelineRuns({ runs }: { readonly runs: readonly PipelineRunView[] }) {
  const page = usePage(runs);
  return (
    <section>
      <h3>{t('flow.runs')}</h3>
      {runs.length === 0 && <p class="mm-empty">{t('flow.noRuns')}</p>}
      {runs.length > 0 && (
        <div class="mm-table-wrap">
          <table class="mm-table" aria-label={t('flow.runs')}>
            <thead>
              <tr>
                <th>{t('flow.column.started')}</th>
                <th>{t('run.column.state')}</th>
                <th class="mm-number">{t('run.column.duration')}</th>
                <th>{t('flow.column.error')}</th>
              </tr>
            </thead>
            <tbody>
              {page.shown.map((run) => (
                <Row key={run.id} run={run} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager page={page} />
    </section>
  );
}

function Row({ run: { startedAt, state, durationMs, error, waitingIn, dryRun } }: { readonly run: PipelineRunView }) {
  const [waiting] = waitingIn;
  return (
    <tr>
      <td class="mm-age">
        <Age at={startedAt} />
      </td>
      <td>
        {t(`flow.run.${state}`)}
        {dryRun && <span class="mm-sub"> {t('flow.run.dry')}</span>}
      </td>
      <td class="mm-number">
        {durationMs === null ? '–' : t('live.ms', { value: formatNumber(durationMs, RED.i18n.lang()) })}
      </td>
      <td>
        {error && (
          <>
            <NodeLink id={error.node} />: {error.message}
          </>
        )}
        {!error && waiting !== undefined && (
          <>
            {t('flow.waitsIn')} <NodeLink id={waiting} />
          </>
        )}
      </td>
    </tr>
  );
}
