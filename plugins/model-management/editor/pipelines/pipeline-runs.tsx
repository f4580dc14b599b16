import { useState } from 'preact/hooks';
import { Age } from '../age';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import { NodeLink } from './node-link';
import type { PipelinePlace, PipelineRunView } from './pipeline-client';
import { FollowedRun } from './run-steps';

/** The last runs, newest first, each with its error and the node that had it; of some of them what each node did. */
export function PipelineRuns({
  place,
  runs,
}: {
  readonly place: PipelinePlace;
  readonly runs: readonly PipelineRunView[];
}) {
  const page = usePage(runs);
  // Stays open when the list has gone on.
  const [openId, setOpenId] = useState<string>();
  return (
    <section>
      <h3>{t('flow.runs')}</h3>
      {runs.length === 0 && <p class="mm-empty">{t('flow.noRuns')}</p>}
      {runs.some(({ timed }) => !timed) && <p class="mm-hint">{t('flow.run.someTimed')}</p>}
      {openId !== undefined && (
        <section class="mm-try" aria-label={t('flow.run.times')}>
          <FollowedRun key={openId} place={place} runId={openId} />
          <div class="mm-buttons">
            <button type="button" class="red-ui-button" onClick={() => setOpenId(undefined)}>
              {t('flow.run.hide')}
            </button>
          </div>
        </section>
      )}
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
                <Row key={run.id} run={run} isOpen={run.id === openId} onOpen={setOpenId} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager page={page} />
    </section>
  );
}

function Row({
  run: { id, startedAt, state, durationMs, error, waitingIn, dryRun, timed },
  isOpen,
  onOpen,
}: {
  readonly run: PipelineRunView;
  readonly isOpen: boolean;
  readonly onOpen: (id: string | undefined) => void;
}) {
  const [waiting] = waitingIn;
  return (
    <tr>
      <td class="mm-age">
        <Age at={startedAt} />
      </td>
      <td>
        {t(`flow.run.${state}`)}
        {dryRun && <span class="mm-sub"> {t('flow.run.dry')}</span>}
        {timed && (
          <>
            {' '}
            <button
              type="button"
              class="mm-link"
              aria-expanded={isOpen}
              onClick={() => onOpen(isOpen ? undefined : id)}
            >
              {t('flow.run.times')}
            </button>
          </>
        )}
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
