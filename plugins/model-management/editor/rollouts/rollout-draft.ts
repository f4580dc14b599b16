import { DEFAULT_SOAK_MS, wavesOf } from '../../../../lib/edges/hub/rollout/waves';
import { edgeKey } from '../../../../lib/edges/protocol/names';
import type { Model } from '../contract';
import type { EdgeView } from '../edges/edge-client';
import type { RolloutBody, WaveSize } from './rollout-client';

export type Unit = 'count' | 'percent';

/** A number of edges, or of a hundred of them. */
export interface Amount {
  readonly size: number;
  readonly unit: Unit;
}

/** `id` stays with its row while others come and go. */
export interface WaveDraft extends Amount {
  readonly id: number;
}

export interface RolloutDraft {
  readonly version: number;
  readonly by: 'labels' | 'names';
  readonly labels: readonly string[];
  readonly names: readonly string[];
  /** Before the last one, which is the rest. */
  readonly waves: readonly WaveDraft[];
  readonly soakMinutes: number;
  /** More failures stop it. */
  readonly stop: Amount;
}

const MINUTE_MS = 60_000;

/** One edge shows first whether the version is any good; then all others. */
export function newRolloutDraft(version: number, edges: readonly EdgeView[]): RolloutDraft {
  return {
    version,
    by: labelsOf(edges).length > 0 ? 'labels' : 'names',
    labels: [],
    names: [],
    waves: [{ id: 0, size: 1, unit: 'count' }],
    soakMinutes: DEFAULT_SOAK_MS / MINUTE_MS,
    stop: { size: 0, unit: 'count' },
  };
}

/** What the edges are called together, each label once, with the number of those that have it. */
export function labelsOf(edges: readonly EdgeView[]): readonly { readonly label: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const label of edges.flatMap(({ labels }) => labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => a.label.localeCompare(b.label));
}

/** The edges that would take part now. */
export function selectedEdges({ by, labels, names }: RolloutDraft, edges: readonly EdgeView[]): readonly EdgeView[] {
  if (by === 'names') return edges.filter(({ name }) => names.includes(name));
  return labels.length === 0 ? [] : edges.filter((edge) => labels.every((label) => edge.labels.includes(label)));
}

const sizeOf = ({ size, unit }: Amount): WaveSize => (unit === 'count' ? { count: size } : { percent: size });

/** Edges in each wave, the rest included. */
export function waveCounts({ waves }: Pick<RolloutDraft, 'waves'>, edgeCount: number): readonly number[] {
  const counts: number[] = [];
  for (const wave of wavesOf(waves.map(sizeOf), edgeCount)) counts[wave] = (counts[wave] ?? 0) + 1;
  return counts;
}

export function rolloutBody({ version, by, labels, names, waves, soakMinutes, stop }: RolloutDraft): RolloutBody {
  return {
    version,
    ...(by === 'labels' ? { labels } : { edges: names }),
    waves: waves.map(sizeOf),
    soakMs: Math.round(soakMinutes * MINUTE_MS),
    stop: stop.unit === 'count' ? { maxFailed: stop.size } : { maxFailedPercent: stop.size },
  };
}

/** Edges that follow an alias now, and will not any more. */
export function followerCount({ edges }: Pick<Model, 'edges'>, selected: readonly EdgeView[]): number {
  const followers = new Set(
    edges.filter(({ version }) => typeof version === 'string').map(({ name }) => edgeKey(name)),
  );
  return selected.filter(({ name }) => followers.has(edgeKey(name))).length;
}
