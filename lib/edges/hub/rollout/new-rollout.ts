import { z } from 'zod';
import { invalidInput } from '../../../errors';
import type { ModelName } from '../../../ids';
import { newId, type VersionNumber } from '../../../ids';
import { parseInput } from '../../../parse-input';
import type { User } from '../../../registry';
import { edgeKey } from '../../protocol/names';
import { Labels } from '../edge-book';
import type { EdgeDocument } from '../hub-documents';
import { type RolloutDocument, type RolloutEdge, StopCriteria, WaveSize } from './rollout-document';
import { DEFAULT_SOAK_MS, MAX_WAVES, wavesOf } from './waves';

const MAX_EDGES = 10_000;
const MAX_SOAK_MS = 7 * 86_400_000;

const RolloutRequest = z.strictObject({
  version: z.union([z.int().positive(), z.string().min(1)]),
  labels: Labels.optional(),
  edges: z.array(z.string()).min(1).max(MAX_EDGES).optional(),
  waves: z.array(WaveSize).max(MAX_WAVES).default([]),
  soakMs: z.int().nonnegative().max(MAX_SOAK_MS).default(DEFAULT_SOAK_MS),
  stop: StopCriteria.default({ maxFailed: 0 }),
});
export type RolloutRequest = z.infer<typeof RolloutRequest>;

/** @throws {ModelManagementError} `INVALID_INPUT` */
export function parseRolloutRequest(input: unknown): RolloutRequest {
  const request = parseInput(RolloutRequest, input);
  if ((request.labels === undefined) === (request.edges === undefined)) {
    throw invalidInput(
      'labels',
      'labels: a rollout goes to the edges with all of some labels, or to edges by name.',
      'Give either labels or edges.',
    );
  }
  if (request.labels?.length === 0) throw invalidInput('labels', 'labels: none is given.', 'Give at least one label.');
  return request;
}

/** An edge that can take part, as it stands at the start. */
export interface Candidate {
  readonly edge: EdgeDocument;
  readonly isOnline: boolean;
  readonly before: RolloutEdge['before'];
}

/** @throws {ModelManagementError} `INVALID_INPUT` when nobody has all labels, or an edge is named twice */
export function selectEdges(
  { labels, edges: names }: RolloutRequest,
  all: readonly EdgeDocument[],
  getEdge: (name: string) => EdgeDocument,
): readonly EdgeDocument[] {
  const selected = names ? names.map(getEdge) : all.filter((edge) => labels?.every((one) => edge.labels.includes(one)));
  if (new Set(selected.map(({ name }) => edgeKey(name))).size < selected.length) {
    throw invalidInput('edges', 'edges: an edge is named twice.', 'Name each edge once.');
  }
  if (selected.length === 0) {
    throw invalidInput('labels', `labels: no edge has ${labels?.join(' and ')}.`, 'Give the labels to edges first.');
  }
  if (selected.length > MAX_EDGES) {
    throw invalidInput(
      'labels',
      `labels: ${selected.length} edges have them, at most ${MAX_EDGES} take part in one rollout.`,
      'Add a label that fewer edges have.',
    );
  }
  return selected;
}

/** Online edges come first, so that the first wave shows something; then by name. */
export function newRollout(
  request: RolloutRequest,
  model: { readonly name: ModelName; readonly version: VersionNumber },
  candidates: readonly Candidate[],
  user: User,
  nowMs: number,
): RolloutDocument {
  const ordered = candidates.toSorted(
    (a, b) => Number(b.isOnline) - Number(a.isOnline) || (edgeKey(a.edge.name) < edgeKey(b.edge.name) ? -1 : 1),
  );
  const waves = wavesOf(request.waves, ordered.length);
  return {
    _id: newId(),
    model: model.name,
    version: model.version,
    createdAt: nowMs,
    selection: request.labels ? { labels: request.labels } : { edges: candidates.map(({ edge }) => edge.name) },
    waves: request.waves,
    soakMs: request.soakMs,
    stop: request.stop,
    edges: ordered.map(({ edge: { name, createdAt }, before }, index) => ({
      name,
      createdAt,
      wave: waves[index] ?? 0,
      before,
      phase: 'waiting',
    })),
    openWaves: 0,
    state: { status: 'running', soakingSince: null },
    audit: [{ at: nowMs, user, action: 'started' }],
  };
}
