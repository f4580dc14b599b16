import { useMemo } from 'preact/hooks';
import { type WiredNode, wiredNode } from './wired-node';

/** A node whose dialog is open, as it is wired in the editor now. */
export interface JoiningNode {
  readonly wired: WiredNode;
  /** What the canvas calls a node; its id when the editor has none of that. */
  readonly labelOf: (id: string) => string;
}

export function useJoiningNode(nodeId: string): JoiningNode {
  return useMemo(
    () => ({ wired: wiredNode(RED.nodes.createCompleteNodeSet({ credentials: false }), nodeId), labelOf }),
    [nodeId],
  );
}

function labelOf(id: string): string {
  const node = RED.nodes.node(id);
  return node ? RED.utils.getNodeLabel(node, node.name || node.type) : id;
}
