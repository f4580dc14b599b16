import type { Usage } from '../contract';

/** Where a node that uses a model stands in this editor. */
export interface NodePlace {
  /** What the editor calls it; inside a subflow, the node of its template. */
  readonly id: string;
  readonly type: string;
  /** Label of the tab, name of the subflow. */
  readonly container: string;
}

/**
 * Looks a running node up. One inside a subflow runs as `<instance>-<node of the template>`, subflows in it likewise.
 * Undefined: this editor does not hold it; it was deployed elsewhere, or has been deleted here and still runs.
 */
export function findPlace({ id }: Pick<Usage, 'id'>): NodePlace | undefined {
  for (let rest = id; rest !== ''; rest = afterDash(rest)) {
    const node = RED.nodes.node(rest);
    if (!node) continue;
    const container = RED.nodes.workspace(node.z ?? '')?.label ?? RED.nodes.subflow(node.z ?? '')?.name ?? '';
    return { id: node.id, type: node.type, container };
  }
  return undefined;
}

function afterDash(text: string): string {
  const dash = text.indexOf('-');
  return dash < 0 ? '' : text.slice(dash + 1);
}
