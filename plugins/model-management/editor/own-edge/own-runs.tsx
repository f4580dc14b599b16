import { Age } from '../age';
import type { OwnEdge } from '../edges/edge-client';
import { t } from '../i18n';
import { RunSign } from '../jobs/run-sign';
import { OwnList } from './own-list';

/** The runs of the hub that are under way here, or wait; nothing where there are none. */
export function OwnRuns({ runs }: Pick<OwnEdge, 'runs'>) {
  if (runs.length === 0) return null;
  return <OwnList title={t('edge.own.runs')} rows={runs} row={(run) => <OwnRun key={run.id} run={run} />} />;
}

function OwnRun({ run: { job, state, since, progress } }: { readonly run: OwnEdge['runs'][number] }) {
  return (
    <li>
      <strong>{job}</strong> <RunSign state={state} /> {t(`run.state.${state}`)}
      {progress !== undefined && ` ${t('upload.percent', { percent: Math.floor(progress * 100) })}`}
      {since !== null && (
        <span class="mm-sub">
          {' '}
          {t('edge.since')} <Age at={since} />
        </span>
      )}
    </li>
  );
}
