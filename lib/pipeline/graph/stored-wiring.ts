import type { FlowEntry } from '../flow-entry';

const instanceType = /^subflow:(.+)$/;

/** A wire of a subflow's border: the node inside it, and which of its outputs. */
export interface BorderWire {
  readonly id: string;
  readonly port: number;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const isText = (value: unknown): value is string => typeof value === 'string';

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Text under `key`, or `''`. */
export function textOf(entry: FlowEntry, key: string): string {
  const value = entry[key];
  return isText(value) ? value : '';
}

/**
 * True of a property that Node-RED replaces by a variable of the environment or of the subflow instance, so that only the
 * running node has its value.
 */
export const isFromEnvironment = (text: string): boolean => /^\$(?:\{\S+\}|\(\S+\))$/.test(text);

/** What a person calls the node: its name, or the label of a tab; `''` when it has none. */
export function nameOf(entry: FlowEntry): string {
  return textOf(entry, 'name') || textOf(entry, 'label');
}

/** The ids each output is wired to. */
export function wiresOf(entry: FlowEntry): readonly (readonly string[])[] {
  return listOf(entry['wires']).map((ids) => listOf(ids).filter(isText));
}

/** The other ends of a link node; `undefined` where none were ever stored. A `link call` may hold one as plain text. */
export function linksOf(entry: FlowEntry): readonly string[] | undefined {
  const links = entry['links'];
  if (isText(links)) return [links];
  return Array.isArray(links) ? links.filter(isText) : undefined;
}

/** For each input (`in`) or output (`out`) of a subflow template: what it is wired to inside. */
export function borderOf(template: FlowEntry, side: 'in' | 'out'): readonly (readonly BorderWire[])[] {
  return listOf(template[side]).map((border) =>
    listOf(isRecord(border) ? border['wires'] : undefined).flatMap((wire) =>
      isRecord(wire) && isText(wire['id'])
        ? [{ id: wire['id'], port: typeof wire['port'] === 'number' ? wire['port'] : 0 }]
        : [],
    ),
  );
}

/** The template a node is an instance of, by the id in its type. */
export function templateIdOf(entry: FlowEntry): string | undefined {
  return instanceType.exec(entry.type)?.[1];
}

/** A `link out` that gives a message back to the `link call` it came from. */
export function isReturn(entry: FlowEntry): boolean {
  return entry.type === 'link out' && entry['mode'] === 'return';
}

/** A `link call` that is told by each message what to call. */
export const isDynamicCall = ({ type, linkType }: FlowEntry): boolean => type === 'link call' && linkType === 'dynamic';

/** The `link in` a `link call` always calls; one that is told by each message (`dynamic`) has none. */
export function calledLinkOf(entry: FlowEntry): string | undefined {
  return entry.type === 'link call' && !isDynamicCall(entry) ? linksOf(entry)?.[0] : undefined;
}

/** A node that can hold wires: no tab, no group, no config node (those have neither a place nor wires), not disabled. */
export function isWirable(entry: FlowEntry): boolean {
  if (entry.type === 'tab' || entry.type === 'group' || entry.type === 'subflow' || entry['d'] === true) return false;
  return Array.isArray(entry['wires']) || ('x' in entry && 'y' in entry);
}

const STRUCTURE = new Set(['tab', 'group', 'subflow', 'junction']);

/** Stands on no canvas: a broker, a set of certificates. */
export const isConfigNode = (entry: FlowEntry): boolean =>
  !('x' in entry) && !('wires' in entry) && !STRUCTURE.has(entry.type);

/** Host and port of an `mqtt-broker`: several such nodes may stand for one. */
export const brokerAddress = (broker: FlowEntry): string =>
  `${textOf(broker, 'broker')}:${String(broker['port'])}`.toLowerCase();
