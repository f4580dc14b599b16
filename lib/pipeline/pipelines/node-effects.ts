import type { FlowEntry } from '../flow-entry';
import { textOf } from '../graph/stored-wiring';
import { outboundTypes } from './pipelines';

/** Hand messages on, change them or show them, and neither anything outside of Node-RED nor a later message hears of it. */
const harmlessTypes = new Set([
  ...['inject', 'debug', 'complete', 'catch', 'status', 'comment', 'link in', 'link out', 'link call', 'junction'],
  ...['function', 'switch', 'change', 'range', 'template', 'delay'],
  ...['csv', 'html', 'json', 'xml', 'yaml', 'split', 'join', 'sort', 'batch', 'onnx-model', 'pipelib'],
]);
/** A `delay` of these kinds lets a message wait for others, or drops one because of others. */
const ratePauseTypes = new Set(['rate', 'queue', 'timed']);
const contextTypes = new Set(['flow', 'global']);
/** What code says that keeps something for later messages, or does something later. `msg.flow` is but a property. */
const keepsSomething =
  /(?<![\w$.])(?:flow|global|context|RED)\s*(?:\?\.|[.[])|\bnode\s*\.\s*context\b|\benv\s*\.\s*set\b|\bset(?:Timeout|Interval|Immediate)\b/;

export interface EffectOptions {
  /** Libraries may load modules, which can do anything. */
  readonly hasLibraryModules?: boolean;
}

/** Whether a node may do something outside of Node-RED, or change what later messages come to; what leaves is held back. */
export function hasEffect(entry: FlowEntry, { hasLibraryModules = false }: EffectOptions): boolean {
  const { type } = entry;
  switch (type) {
    case 'function':
      return (
        hasItems(entry['libs']) ||
        ['func', 'initialize', 'finalize'].some((key) => keepsSomething.test(textOf(entry, key)))
      );
    case 'pipelib':
      return hasLibraryModules;
    // Where it leads is known only once a message comes.
    case 'link call':
      return entry['linkType'] === 'dynamic';
    case 'delay':
      return ratePauseTypes.has(textOf(entry, 'pauseType'));
    case 'switch':
      return keepsMessages(entry);
    // The first message gets the header, later ones do not.
    case 'csv':
      return entry['hdrout'] === 'once';
    default:
      if (writesOf(entry).some((target) => contextTypes.has(target.type))) return true;
      return !harmlessTypes.has(type) && !outboundTypes.has(type) && !type.startsWith('subflow:');
  }
}

/** Whether the settings of a node give messages another id, or take it from them. */
export const replacesId = (entry: FlowEntry): boolean =>
  writesOf(entry).some(({ type, path }) => type === 'msg' && isMessageId(path));

const hasItems = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** It compares with the message before, or holds those of a sequence back. */
function keepsMessages(entry: FlowEntry): boolean {
  const isKeeping = ({ t, vt, v2t }: Rule): boolean => t === 'tail' || vt === 'prev' || v2t === 'prev';
  return entry['repair'] === true || rulesOf(entry).some(isKeeping);
}

interface Target {
  /** `msg`, `flow` or `global`. */
  readonly type: string;
  readonly path: string;
}

/** What a node of Node-RED's own sets, moves or deletes, where its settings tell. */
function writesOf(entry: FlowEntry): readonly Target[] {
  const target = (path: unknown, type: unknown = 'msg'): Target => ({
    type: String(type || 'msg'),
    path: String(path),
  });
  switch (entry.type) {
    case 'change':
      return rulesOf(entry).flatMap(({ t, p, pt, to, tot }) =>
        t === 'move' ? [target(p, pt), target(to, tot)] : [target(p, pt)],
      );
    case 'template':
      return [target(entry['field'], entry['fieldType'])];
    case 'html':
      return [target(entry['outproperty'] || entry['property'])];
    case 'json':
    case 'xml':
    case 'yaml':
    case 'range':
      return [target(entry['property'])];
    default:
      return [];
  }
}

type Rule = Readonly<Record<string, unknown>>;

/** Of a `change` of old its settings are the one rule. */
function rulesOf(entry: FlowEntry): readonly Rule[] {
  const { rules } = entry;
  if (Array.isArray(rules)) return rules.filter((rule): rule is Rule => typeof rule === 'object' && rule !== null);
  return entry.type === 'change' ? [{ t: entry['action'], p: entry['property'], to: entry['to'] }] : [];
}

/** In any of the ways in which a path may name it. */
const isMessageId = (path: string): boolean => /^(?:_msgid|\[(["'])_msgid\1\])$/.test(path.trim());
