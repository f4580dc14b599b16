import type { EdgeNow } from '../../lib/edges/hub/rollout/plan-rollout';
import { RolloutDocument } from '../../lib/edges/hub/rollout/rollout-document';

type Phase = RolloutDocument['edges'][number]['phase'];
/** An edge by its name, wave, phase, and what is known of it. */
export type RolloutRow = readonly [name: string, wave: number, phase: Phase, now?: Partial<EdgeNow> | 'gone'];

export const SOAK_MS = 1_000;

/** Of version 2 on edges that had 1; the first wave is open. */
export function aRollout(rows: readonly RolloutRow[], fields: Record<string, unknown> = {}): RolloutDocument {
  return RolloutDocument.parse({
    _id: 'r',
    model: 'iris',
    version: 2,
    createdAt: 0,
    selection: { labels: ['line-1'] },
    waves: [],
    soakMs: SOAK_MS,
    stop: { maxFailed: 0 },
    edges: rows.map(([name, wave, phase]) => ({
      name,
      createdAt: 0,
      wave,
      before: { ref: 1, version: 1 },
      ...(phase === 'left' ? { phase, reason: 'changed' } : { phase }),
    })),
    openWaves: 1,
    state: { status: 'running', soakingSince: null },
    audit: [],
    ...fields,
  });
}
