import type { ModelStats } from '../../../../lib/inference/engine';
import type { Health, Model } from '../contract';
import { formatBytes, formatNumber } from '../format';
import { t } from '../i18n';
import { useRate } from '../live';
import { stateOfProcess } from '../models/model-state';
import { StateDot } from '../models/state-dot';

const columns = ['rate', 'p50', 'p99', 'requests', 'errors', 'restarts', 'queue', 'memory'] as const;
type Column = (typeof columns)[number];

/** Requests, latencies and faults of each version that is loaded here, since it was loaded. */
export function LiveFigures({ model, health }: { readonly model: Model; readonly health: Health | undefined }) {
  const loaded = (health?.engine.models ?? [])
    .filter((stats) => stats.model === model.name && stats.version !== null)
    .sort((a, b) => (b.version ?? 0) - (a.version ?? 0));
  return (
    <section>
      <h3>{t('live.title')}</h3>
      {health && loaded.length === 0 && <p class="mm-sub">{t('live.notLoaded')}</p>}
      {loaded.length > 0 && (
        <div class="mm-table-wrap">
          <table class="mm-table mm-stack mm-live" aria-label={t('live.title')}>
            <thead>
              <tr>
                <th scope="col">{t('version.column.version')}</th>
                <th scope="col">{t('live.state')}</th>
                {columns.map((column) => (
                  <th scope="col" class="mm-number" key={column} title={t(`live.hint.${column}`)}>
                    {t(`live.column.${column}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {loaded.map((stats) => (
                <LiveRow key={stats.version} stats={stats} sample={health} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function LiveRow({ stats, sample }: { readonly stats: ModelStats; readonly sample: Health | undefined }) {
  const rate = useRate(stats.requests, sample);
  const figures = figuresOf(stats, rate);
  const state = stateOfProcess(stats.state);
  return (
    <tr>
      <th scope="row">{t('version.short', { version: stats.version ?? '' })}</th>
      <td>
        <StateDot state={state} /> {t(`state.${state}`)}
      </td>
      {columns.map((column) => (
        <td class="mm-number" data-name={t(`live.column.${column}`)} key={column}>
          {figures[column]}
        </td>
      ))}
    </tr>
  );
}

/** What is not known yet is a dash, in the place where it will stand. */
function figuresOf(stats: ModelStats, rate: number | undefined): Readonly<Record<Column, string>> {
  const language = RED.i18n.lang();
  const number = (value: number): string => formatNumber(value, language, 3);
  const latency = (valueMs: number | null): string =>
    valueMs === null ? t('metric.none') : t('live.ms', { value: number(valueMs) });
  const count = (value: number): string => new Intl.NumberFormat(language).format(value);
  return {
    rate: rate === undefined ? t('metric.none') : number(rate),
    p50: latency(stats.p50Ms),
    p99: latency(stats.p99Ms),
    requests: count(stats.requests),
    errors: count(stats.errors),
    restarts: count(stats.restarts),
    queue: count(stats.queue),
    memory: stats.memoryBytes === null ? t('metric.none') : formatBytes(stats.memoryBytes, language),
  };
}
