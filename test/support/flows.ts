import type { FlowNode } from './node-red';

export interface ModelFlowOptions {
  readonly model: string;
  readonly brokerPort: number;
  readonly inbound?: string;
  readonly outbound?: string;
  /** Of the `mqtt in` and `mqtt out`; default 0. */
  readonly qos?: 0 | 1;
  /** Properties of the `onnx-model` that differ from their defaults. */
  readonly node?: Readonly<Record<string, unknown>>;
}

/**
 * A tab with `mqtt in` (JSON) → `onnx-model` (id `model`) → `mqtt out`, and a `catch` that publishes
 * `{code, message, payload, node}` of each failed message on `errors`.
 */
export function modelFlow(options: ModelFlowOptions): FlowNode[] {
  const { model, brokerPort, inbound = 'in', outbound = 'out', qos = 0, node = {} } = options;
  const report =
    'const e = msg.error; msg.payload = { code: e.code ?? (e.source && e.code), message: e.message, payload: msg.payload, node: e.source && e.source.id }; return msg;';
  return [
    { id: 'tab', type: 'tab', label: 'Test tab', disabled: false, info: '', env: [] },
    {
      id: 'broker',
      type: 'mqtt-broker',
      name: '',
      broker: '127.0.0.1',
      port: String(brokerPort),
      clientid: '',
      autoConnect: true,
      usetls: false,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
      autoUnsubscribe: true,
    },
    {
      id: 'in',
      type: 'mqtt in',
      z: 'tab',
      name: '',
      topic: inbound,
      qos: String(qos),
      datatype: 'json',
      broker: 'broker',
      nl: false,
      rap: true,
      rh: 0,
      inputs: 0,
      x: 100,
      y: 100,
      wires: [['model']],
    },
    {
      id: 'model',
      type: 'onnx-model',
      z: 'tab',
      name: 'the model',
      configVersion: 1,
      model,
      x: 300,
      y: 100,
      wires: [['out']],
      ...node,
    },
    {
      id: 'out',
      type: 'mqtt out',
      z: 'tab',
      name: '',
      topic: outbound,
      qos: String(qos),
      retain: 'false',
      broker: 'broker',
      x: 500,
      y: 100,
      wires: [],
    },
    {
      id: 'catch',
      type: 'catch',
      z: 'tab',
      name: '',
      scope: null,
      uncaught: false,
      x: 100,
      y: 200,
      wires: [['report']],
    },
    {
      id: 'report',
      type: 'function',
      z: 'tab',
      name: '',
      func: report,
      outputs: 1,
      x: 300,
      y: 200,
      wires: [['errors']],
    },
    {
      id: 'errors',
      type: 'mqtt out',
      z: 'tab',
      name: '',
      topic: 'errors',
      qos: String(qos),
      retain: 'false',
      broker: 'broker',
      x: 500,
      y: 200,
      wires: [],
    },
    // Subscribed after `in`: once a message comes back over these two, the flow hears `in` as well.
    {
      id: 'probe-in',
      type: 'mqtt in',
      z: 'tab',
      name: '',
      topic: 'probe',
      qos: '0',
      datatype: 'utf8',
      broker: 'broker',
      nl: false,
      rap: true,
      rh: 0,
      inputs: 0,
      x: 100,
      y: 300,
      wires: [['probe-out']],
    },
    {
      id: 'probe-out',
      type: 'mqtt out',
      z: 'tab',
      name: '',
      topic: 'probe-answer',
      qos: '0',
      retain: 'false',
      broker: 'broker',
      x: 500,
      y: 300,
      wires: [],
    },
  ];
}

/**
 * The same tab with several `onnx-model`, by id: each message goes to all, and each answers `{node, payload}`.
 */
export function fanFlow(
  nodes: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  options: Omit<ModelFlowOptions, 'model' | 'node'>,
): FlowNode[] {
  const ids = Object.keys(nodes);
  const base = modelFlow({ ...options, model: '' });
  const at = { z: 'tab', x: 300, y: 100 };
  return [
    ...base.flatMap((entry) => (entry.id === 'model' ? [] : [entry.id === 'in' ? { ...entry, wires: [ids] } : entry])),
    ...ids.flatMap((id) => [
      { id, type: 'onnx-model', name: id, configVersion: 1, ...at, wires: [[`${id}-tag`]], ...nodes[id] },
      {
        id: `${id}-tag`,
        type: 'function',
        func: `msg.payload = { node: '${id}', payload: msg.payload }; return msg;`,
        outputs: 1,
        ...at,
        wires: [['out']],
      },
    ]),
  ];
}

/** The same flow, in which an array that comes to `in` is as many messages: they reach the model in the same moment. */
export function inBursts(flow: readonly FlowNode[]): FlowNode[] {
  const func = 'return [msg.payload.map((payload) => ({ payload }))];';
  return [
    ...flow.map((entry) => (entry.id === 'in' ? { ...entry, wires: [['burst']] } : entry)),
    { id: 'burst', type: 'function', z: 'tab', name: '', func, outputs: 1, x: 200, y: 100, wires: [['model']] },
  ];
}

/** Another tab with the same nodes, on the same broker; every id ends in `suffix`, and nothing is probed there. */
export function onAnotherTab(flow: readonly FlowNode[], suffix: string): FlowNode[] {
  const own = flow.filter(({ id, type }) => type !== 'mqtt-broker' && !id.startsWith('probe'));
  return own.map((entry) => ({
    ...entry,
    id: `${entry.id}${suffix}`,
    ...(entry['z'] ? { z: `${String(entry['z'])}${suffix}` } : {}),
    ...(Array.isArray(entry['wires'])
      ? { wires: (entry['wires'] as string[][]).map((ids) => ids.map((id) => `${id}${suffix}`)) }
      : {}),
  }));
}
