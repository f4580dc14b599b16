import { formatNumber } from '../format';
import { t, tCount, tList } from '../i18n';
import type { RolloutSummary } from './rollout-client';

type Counts = RolloutSummary['counts'];

export const isActive = ({ state }: Pick<RolloutSummary, 'state'>): boolean =>
  state === 'running' || state === 'paused' || state === 'rolling_back';

/** Whether what runs it still counts. */
export const hasProgress = ({ state }: Pick<RolloutSummary, 'state'>): boolean =>
  state !== 'rolling_back' && state !== 'rolled_back';

export const edgeCount = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Edges that were given the version and have it still: what rolling back is about. */
export const exposedCount = ({ pending = 0, offline = 0, running = 0, failed = 0 }: Counts): number =>
  pending + offline + running + failed;

/** All that were given it are offline: nothing shows how it does until one is back. */
export const waitsForEdge = ({ state, counts }: Pick<RolloutSummary, 'state' | 'counts'>): boolean =>
  state === 'running' && counts.offline !== undefined && exposedCount(counts) === counts.offline;

/** "edges with line-1 and press" or "12 edges" */
export function targetText({ selection, counts }: Pick<RolloutSummary, 'selection' | 'counts'>): string {
  if (!('labels' in selection)) return tCount('usage.edges', edgeCount(counts));
  const labels = tList(selection.labels);
  return t('rollout.withLabels', { labels });
}

/** "wave 1 of 3", or the word of a state that says more. */
export function stageText({ state, openWaves, waveCount }: RolloutSummary): string {
  if (state === 'running') return t('rollout.stage', { number: Math.max(1, openWaves), count: waveCount });
  return t(`rollout.state.${state}`);
}

/** "5 min between waves · stops when more than 0 edges fail" */
export function rulesText({ waveCount, soakMs, stop }: RolloutSummary): string {
  const number = (value: number): string => formatNumber(value, RED.i18n.lang());
  return [
    ...(waveCount > 1 ? [t('rollout.soak', { minutes: number(soakMs / 60_000) })] : []),
    'maxFailed' in stop
      ? t('rollout.stops.count', { count: number(stop.maxFailed) })
      : t('rollout.stops.percent', { percent: number(stop.maxFailedPercent) }),
  ].join(' · ');
}
