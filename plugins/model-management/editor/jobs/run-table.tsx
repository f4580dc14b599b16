import { Age } from '../age';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import type { RunView } from './contract';
import { durationText } from './duration';
import { RunSign } from './run-sign';

const METRIC_COUNT = 2;

export const metricNamesOf = (runs: readonly RunView[]): readonly string[] => [
  ...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics ?? {}))),
];

/** All runs, newest first; a press shows one in full. */
export function RunTable({
  runs,
  shown,
  onShow,
}: {
  readonly runs: readonly RunView[];
  readonly shown: string | undefined;
  readonly onShow: (id: string) => void;
}) {
  const page = usePage(runs);
  const metrics = metricNamesOf(runs).slice(0, METRIC_COUNT);
  if (runs.length === 0) return <p class="mm-empty">{t('run.noneYet')}</p>;
  return (
    <>
      <div class="mm-table-wrap">
        <table class="mm-table" aria-label={t('run.table')}>
          <thead>
            <tr>
              <th>{t('run.column.run')}</th>
              <th>{t('run.column.trigger')}</th>
              <th>{t('run.column.state')}</th>
              <th class="mm-number">{t('run.column.rows')}</th>
              <th class="mm-number">{t('run.column.duration')}</th>
              {metrics.map((name) => (
                <th key={name} class="mm-number">
                  {name}
                </th>
              ))}
              <th class="mm-number">{t('run.column.version')}</th>
            </tr>
          </thead>
          <tbody>
            {page.shown.map((run) => (
              <Row key={run.id} run={run} metrics={metrics} isShown={run.id === shown} onShow={onShow} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager page={page} />
    </>
  );
}

function Row({
  run,
  metrics,
  isShown,
  onShow,
}: {
  readonly run: RunView;
  readonly metrics: readonly string[];
  readonly isShown: boolean;
  readonly onShow: (id: string) => void;
}) {
  const language = RED.i18n.lang();
  const rows = run.inputs.queries.reduce((sum, query) => sum + query.rows, 0);
  return (
    <tr class={isShown ? 'mm-shown' : ''} aria-current={isShown}>
      <td>
        <button
          type="button"
          class="mm-link"
          aria-label={t('run.show', { number: run.number })}
          onClick={() => onShow(run.id)}
        >
          {run.number}
        </button>
      </td>
      <td>{t(`run.trigger.${run.trigger}`)}</td>
      <td>
        <RunSign state={run.state} /> {t(`run.state.${run.state}`)} <Age at={run.createdAt} />
      </td>
      <td class="mm-number">{run.inputs.queries.length > 0 ? formatNumber(rows, language, 9) : '–'}</td>
      <td class="mm-number">{run.durationMs === null ? '–' : durationText(run.durationMs)}</td>
      {metrics.map((name) => {
        const value = run.metrics?.[name];
        return (
          <td key={name} class="mm-number">
            {value === undefined ? '–' : formatNumber(value, language)}
          </td>
        );
      })}
      <td class="mm-number">{run.version === undefined ? '–' : t('version.short', { version: run.version })}</td>
    </tr>
  );
}
