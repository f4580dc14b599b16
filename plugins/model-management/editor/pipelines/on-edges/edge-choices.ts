import { isSameEdge } from '../../../../../lib/edges/protocol/names';
import type { PipelineEdgeView } from './on-edges-client';

/** An edge that shall run it; without `revision`, as it is now on this Node-RED. */
export interface PipelineEdgeChoice {
  readonly name: string;
  readonly brokerId?: string;
  readonly revision?: number;
}

type Known = Pick<PipelineEdgeView, 'name' | 'revision' | 'brokerId'>;

const kept = ({ name, revision, brokerId }: Known): PipelineEdgeChoice & { readonly revision: number } => ({
  name,
  revision,
  ...(brokerId !== undefined && { brokerId }),
});

/** As it is now to these edges, the others as they are. @param brokerId - absent: the one each has */
export function withDeployed(
  now: readonly Known[],
  names: readonly string[],
  brokerId: string | undefined,
): readonly PipelineEdgeChoice[] {
  const isNamed = (known: Known): boolean => names.some((name) => isSameEdge(name, known.name));
  const given = names.map((name): PipelineEdgeChoice => {
    const broker = brokerId ?? now.find((known) => isSameEdge(known.name, name))?.brokerId;
    return { name, ...(broker !== undefined && { brokerId: broker }) };
  });
  return [...now.filter((known) => !isNamed(known)).map(kept), ...given];
}

/** An earlier revision on one edge, the others as they are. */
export const withRevision = (now: readonly Known[], name: string, revision: number): readonly PipelineEdgeChoice[] =>
  now.map((known) => (isSameEdge(known.name, name) ? { ...kept(known), revision } : kept(known)));

/** Not on this edge any more, on the others as it is. */
export const without = (now: readonly Known[], name: string): readonly PipelineEdgeChoice[] =>
  now.filter((known) => !isSameEdge(known.name, name)).map(kept);

/** Edges that are not meant, but get what they have anew: it failed there, or was changed. */
export const placedAnew = (
  now: readonly Pick<PipelineEdgeView, 'name' | 'reported'>[],
  meant: readonly string[],
): readonly string[] =>
  now
    .filter(({ name, reported: { state, changed } }) => {
      const isMeant = meant.some((one) => isSameEdge(one, name));
      return !isMeant && (state === 'failed' || changed === true);
    })
    .map(({ name }) => name);
