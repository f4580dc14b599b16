import type { FlowEntry } from '../flow-entry';
import { type FlowPlace, mqttIn, mqttOut } from '../flow-nodes';
import { joinDefaults } from '../join-defaults';
import { onnxModelDefaults } from '../onnx-model-defaults';
import { pipelibDefaults } from '../pipelib-defaults';
import type { StepParent } from './step-parents';

/** The original had no limit; this one only ends what hangs. */
const LIBRARY_TIMEOUT_MS = 60_000;
/** Long enough for a branch of several slow libraries; without it, a round whose branch failed would wait for ever. */
const JOIN_TIMEOUT_MS = 300_000;

/** A node before its wires are known. */
export interface StepNode {
  readonly id: string;
  readonly name: string;
  readonly parents: readonly StepParent[];
  /** Its parents wait behind a subscription: there is no telling how long. */
  readonly waitsLong: boolean;
}

function joinOf({ parents, waitsLong }: StepNode) {
  const isJoin = parents.length > 1;
  return {
    parentIds: isJoin ? parents.map(({ nodeId }) => nodeId) : [],
    join: {
      ...joinDefaults,
      parentKeys: 'name',
      parents: isJoin ? parents.map(({ policy, key }) => ({ policy, key })) : [],
      timeoutMs: waitsLong ? 0 : JOIN_TIMEOUT_MS,
    },
  };
}

export function modelNode(node: StepNode, model: string, features: readonly string[]): FlowEntry {
  const { id, name } = node;
  return { id, type: 'onnx-model', name, ...onnxModelDefaults, model, features: [...features], ...joinOf(node) };
}

export function libraryNode(node: StepNode, library: string): FlowEntry {
  const { id, name } = node;
  return { id, type: 'pipelib', name, ...pipelibDefaults, library, timeoutMs: LIBRARY_TIMEOUT_MS, ...joinOf(node) };
}

/** What the original published is JSON, so a text stands in quotes; `mqtt out` would publish it bare. */
export function jsonNode(id: string, name: string): FlowEntry {
  return {
    id,
    type: 'function',
    name,
    func: 'msg.payload = JSON.stringify(msg.payload);\nreturn msg;',
    outputs: 1,
    timeout: 0,
    noerr: 0,
    initialize: '',
    finalize: '',
    libs: [],
  };
}

/** The empty object, which the original gave a library without parents. */
export function emptyInputNode(id: string, name: string): FlowEntry {
  const rule = { t: 'set', p: 'payload', pt: 'msg', to: '{}', tot: 'json' };
  return { id, type: 'change', name, rules: [rule], action: '', property: '', from: '', to: '', reg: false };
}

const nowhere: FlowPlace = { z: '', x: 0, y: 0 };

export function subscriptionNode(id: string, name: string, topic: string, broker: string): FlowEntry {
  return mqttIn({ id, name, topic, broker }, [], nowhere);
}

export function publishNode(id: string, name: string, topic: string, broker: string): FlowEntry {
  return mqttOut({ id, name, topic, broker }, nowhere);
}

/** A box in the step's colour around its nodes, because nodes have none of their own. */
export function colourGroup(options: {
  readonly id: string;
  readonly z: string;
  readonly colour: string;
  readonly nodes: readonly string[];
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}): FlowEntry {
  const { id, z, colour, nodes, left, top, right, bottom } = options;
  const style = { stroke: colour, 'stroke-opacity': '1', fill: 'none', 'fill-opacity': '1', label: false };
  return {
    id,
    type: 'group',
    z,
    name: '',
    style,
    nodes: [...nodes],
    x: left,
    y: top,
    w: right - left,
    h: bottom - top,
  };
}
