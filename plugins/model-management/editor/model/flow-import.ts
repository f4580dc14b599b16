interface FlowNode {
  readonly id: string;
  readonly type: string;
}

/** The flow's MQTT brokers, as the user named them. */
export function brokersOf(): readonly { readonly id: string; readonly label: string }[] {
  const brokers: { readonly id: string; readonly label: string }[] = [];
  RED.nodes.eachConfig((node) => {
    if (node.type !== 'mqtt-broker') return;
    brokers.push({ id: node.id, label: node.name || `${String(node.broker ?? node.id)}:${String(node.port ?? '')}` });
  });
  return brokers;
}

/** Whoever has one broker means that one. */
export function usualBroker(): { readonly brokerId?: string } {
  const [only, other] = brokersOf();
  return only && !other ? { brokerId: only.id } : {};
}

/** Imports as the platform's own import does: new ids, one undo, nothing runs before *Deploy*. Shows the new tab. */
export function importFlow(flow: readonly FlowNode[]): void {
  const before = new Set<string>();
  RED.nodes.eachWorkspace(({ id }) => before.add(id));
  RED.view.importNodes(flow, { generateIds: true, notify: true });
  RED.nodes.eachWorkspace(({ id }) => {
    if (!before.has(id)) RED.workspaces.show(id);
  });
}
