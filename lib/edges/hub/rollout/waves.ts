import type { WaveSize } from './rollout-document';

/** Those that are asked for; the rest is one more. */
export const MAX_WAVES = 20;
/** As long as an edge watches a new version itself. */
export const DEFAULT_SOAK_MS = 300_000;

/** The wave of each of so many edges, from 0. A wave that nobody would be in is left out. */
export function wavesOf(sizes: readonly WaveSize[], edgeCount: number): readonly number[] {
  const waves: number[] = [];
  let wave = 0;
  for (const size of [...sizes, { count: edgeCount }]) {
    const wanted = 'count' in size ? size.count : Math.ceil((size.percent * edgeCount) / 100);
    const room = Math.min(wanted, edgeCount - waves.length);
    if (room === 0) break;
    waves.push(...Array.from({ length: room }, () => wave));
    wave += 1;
  }
  return waves;
}
