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
  const ms = (value: number | null): string =>
    value === null ? '–' : t('live.ms', { value: formatNumber(value, language, 3) });
  const figures = [
    t('live.rate', { rate: rate === undefined ? '–' : formatNumber(rate, language, 3) }),
    t('live.p50', { value: ms(stats.p50Ms) }),
    t('live.p99', { value: ms(stats.p99Ms) }),
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
