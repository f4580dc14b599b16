import type { Health, Model } from '../contract';
import { formatBytes, formatNumber } from '../format';
import { t, tCount } from '../i18n';
import { useRate } from '../live';

/** Requests, latencies and faults of the version in service, since it was loaded. */
export function LiveFigures({ model, health }: { readonly model: Model; readonly health: Health | undefined }) {
  const stats = health?.engine.models.find(
    ({ model: name, version }) => name === model.name && version === (model.aliases.deployed ?? null),
  );
  const rate = useRate(stats?.requests);
  const language = RED.i18n.lang();
  if (!stats) return <p class="mm-sub">{t('live.notLoaded')}</p>;
  const latency = (key: 'live.p50' | 'live.p99', valueMs: number | null): readonly string[] =>
    valueMs === null ? [] : [t(key, { value: t('live.ms', { value: formatNumber(valueMs, language, 3) }) })];
  // What is not known yet is left out.
  const figures = [
    ...(rate === undefined ? [] : [t('live.rate', { rate: formatNumber(rate, language, 3) })]),
    ...latency('live.p50', stats.p50Ms),
    ...latency('live.p99', stats.p99Ms),
    tCount('live.requests', stats.requests),
    tCount('live.errors', stats.errors),
    tCount('live.restarts', stats.restarts),
    ...(stats.memoryBytes === null ? [] : [formatBytes(stats.memoryBytes, language)]),
  ];
  return (
    <section>
      <h3>{t('live.title', { version: stats.version ?? '' })}</h3>
      <p class="mm-live">{figures.join(' · ')}</p>
    </section>
  );
}
