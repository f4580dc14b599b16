import { modelFlow } from './flows';
import type { FlowNode } from './node-red';

/** A node on tab `tab` (or in the subflow `z` names). */
export function onTab(id: string, type: string, to: readonly string[], more: Record<string, unknown> = {}): FlowNode {
  return { id, type, z: 'tab', name: '', x: 200, y: 200, wires: [to], ...more };
}

export function aFunction(
  id: string,
  func: string,
  to: readonly string[],
  more: Record<string, unknown> = {},
): FlowNode {
  return onTab(id, 'function', to, { func, outputs: 1, ...more });
}

/** Hands each message on after 0 to 40 ms, so that later ones overtake. */
export function aRandomDelay(id: string, to: readonly string[], more: Record<string, unknown> = {}): FlowNode {
  return onTab(id, 'delay', to, {
    pauseType: 'random',
    randomFirst: '0',
    randomLast: '40',
    randomUnits: 'milliseconds',
    timeout: '1',
    timeoutUnits: 'seconds',
    rate: '1',
    rateUnits: 'second',
    outputs: 1,
    ...more,
  });
}

/** Turns the number of a message into `[n, n]`, which both inputs of `twoInputModel` take. */
export const pairOf = 'msg.payload = [msg.payload, msg.payload]; return msg;';

/** The model joins the parents called `a` and `b` and answers with all outputs: `{sum: [2n, 2n], count: [n, n]}`. */
export const joinNode = { result: { mode: 'all', names: [] }, join: { parentKeys: 'name' } } as const;

/** `modelFlow`, with `in` wired to `entry`, and more nodes. */
export function joinFlow(
  brokerPort: number,
  entry: readonly string[],
  more: readonly FlowNode[],
  node: Readonly<Record<string, unknown>> = joinNode,
): FlowNode[] {
  const flow = modelFlow({ model: 'two', brokerPort, node: { ...node, name: 'joint' } });
  return [...flow.map((one) => (one.id === 'in' ? { ...one, wires: [[...entry]] } : one)), ...more];
}

/** `in` forks to two branches named `a` and `b`, which answer after a random time. */
export function forkFlow(brokerPort: number, node?: Readonly<Record<string, unknown>>): FlowNode[] {
  const branches = [aRandomDelay('a', ['model'], { name: 'a' }), aRandomDelay('b', ['model'], { name: 'b' })];
  return joinFlow(brokerPort, ['pair'], [aFunction('pair', pairOf, ['a', 'b']), ...branches], node);
}
