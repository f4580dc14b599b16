import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ModelManagementError } from '../../errors';
import type { FlowEntry } from '../flow-entry';
import { brokerNodes } from '../flow-nodes';
import { isConfigNode, nameOf, templateIdOf, textOf } from '../graph/stored-wiring';
import { type PipelineBundle, textsIn } from './bundle';

/** How to reach the broker that pipelines of an edge use. */
export interface PlaceBroker {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Place {
  readonly edgeName: string;
  /** What a broker of the pipeline becomes here: the `mqtt-broker` of that id, or one that leads there. */
  readonly broker: { readonly id: string } | PlaceBroker;
  readonly isRunning: boolean;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 7);

const VARIABLE = 'EDGE_NAME';
const TOPICS = ['topic', 'birthTopic', 'closeTopic', 'willTopic'];

/** Begins the ids of what a pipeline brings beside its tab, so that two of them, and the flows of the edge, never meet. */
const prefixOf = (pipelineId: string): string => `p${digestOf(pipelineId)}_`;

/** True of the id of something that a pipeline brought to the flows of an edge. */
export const isBrought = (id: string): boolean => /^p[0-9a-f]{7}_/.test(id);

/**
 * A bundle as it stands in the flows of an edge: config nodes and subflows have ids of their own, its brokers are the
 * edge's, `${EDGE_NAME}` in topics is the name of the edge (and in the environment of the tab, for all other nodes).
 * The tab is locked: who changes it, changes it on the hub.
 */
export function placeBundle({ id: tabId, entries }: PipelineBundle, place: Place): readonly FlowEntry[] {
  const prefix = prefixOf(tabId);
  const templates = new Set(entries.filter(({ type }) => type === 'subflow').map(({ id }) => id));
  const isOwn = (entry: FlowEntry): boolean =>
    isConfigNode(entry) || templates.has(entry.id) || templates.has(textOf(entry, 'z'));
  const ids = new Map(entries.filter(isOwn).map(({ id }) => [id, prefix + id]));
  const existing = 'id' in place.broker ? place.broker.id : undefined;
  if (existing !== undefined) {
    for (const { id, type } of entries) if (type === 'mqtt-broker') ids.set(id, existing);
  }
  return entries
    .filter(({ type }) => existing === undefined || type !== 'mqtt-broker')
    .flatMap((entry) => placed(rename(entry, ids), place, tabId))
    .filter((entry, _, all) => entry.type !== 'tls-config' || all.some((other) => names(other, entry.id)));
}

/** Certificates of a broker that is another one here are of no use. */
const names = (entry: FlowEntry, id: string): boolean => entry.id !== id && [...textsIn(entry)].includes(id);

/** The entries of the flow file that are this pipeline's: its tab, what is on it, and what it brought. */
export function entriesOfPlaced(entries: readonly FlowEntry[], tabId: string): readonly FlowEntry[] {
  const prefix = prefixOf(tabId);
  const isOurs = (id: string): boolean => id === tabId || id.startsWith(prefix);
  return entries.filter((entry) => isOurs(entry.id) || isOurs(textOf(entry, 'z')));
}

/**
 * The flow file with the pipeline in the place of what it had of it before; the same list where nothing changes.
 * @param isKnown - the tab of that id is a pipeline of the hub: only then it is replaced
 * @throws {ModelManagementError} `FLOW_ID_TAKEN` when a flow of the edge itself has one of the ids
 */
export function withPlaced(
  entries: readonly FlowEntry[],
  tabId: string,
  placed: readonly FlowEntry[],
  isKnown: boolean,
): readonly FlowEntry[] {
  const ids = new Set(placed.map(({ id }) => id));
  const before = new Set(isKnown ? entriesOfPlaced(entries, tabId) : []);
  for (const entry of stillNamed(entries, before)) if (!ids.has(entry.id)) before.delete(entry);
  const foreign = entries.find((entry) => ids.has(entry.id) && !before.has(entry));
  if (foreign) {
    throw new ModelManagementError(
      'FLOW_ID_TAKEN',
      `The edge has a flow of its own with the same id: ${nameOf(foreign) || foreign.id}.`,
      'It was probably copied from the hub: delete it on the edge, or import it there anew with other ids.',
    );
  }
  // Credentials are not to be seen, so what brings some is placed anew.
  const isSecret = placed.some(({ credentials }) => credentials !== undefined);
  if (isKnown && !isSecret && areAlike([...before], placed, isDeepStrictEqual)) return entries;
  const rest = entries.filter((entry) => !before.has(entry));
  // Tabs stay in their order.
  const at = entries.findIndex((entry) => before.has(entry) && entry.type === 'tab');
  const count = at < 0 ? rest.length : entries.slice(0, at).filter((entry) => !before.has(entry)).length;
  return [...rest.slice(0, count), ...placed, ...rest.slice(count)];
}

/** Subflows, with what is in them, and config nodes that go, and that a flow of the edge has come to use. */
function stillNamed(entries: readonly FlowEntry[], gone: ReadonlySet<FlowEntry>): readonly FlowEntry[] {
  const kept = new Set<FlowEntry>();
  const look = (users: readonly FlowEntry[]): void => {
    const named = new Set(users.flatMap((user) => [...textsIn(user), templateIdOf(user) ?? '']));
    const isKept = (entry: FlowEntry): boolean =>
      ((isConfigNode(entry) || entry.type === 'subflow') && named.has(entry.id)) ||
      [...kept].some(({ id, type }) => type === 'subflow' && id === textOf(entry, 'z'));
    const found = [...gone].filter((entry) => !kept.has(entry) && isKept(entry));
    for (const entry of found) kept.add(entry);
    if (found.length > 0) look(found);
  };
  look(entries.filter((entry) => !gone.has(entry)));
  return [...kept];
}

/** The flow file without the pipeline; the same list where it is not there. */
export function withoutPlaced(entries: readonly FlowEntry[], tabId: string): readonly FlowEntry[] {
  const gone = new Set(entriesOfPlaced(entries, tabId));
  for (const entry of stillNamed(entries, gone)) gone.delete(entry);
  return gone.size === 0 ? entries : entries.filter((entry) => !gone.has(entry));
}

/** True when the pipeline stands there as it was placed; what an editor adds to entries it stores is no difference. */
export function isPlaced(entries: readonly FlowEntry[], tabId: string, placed: readonly FlowEntry[]): boolean {
  return areAlike(entriesOfPlaced(entries, tabId), placed, (found, wanted) =>
    Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(found[key], value)),
  );
}

/** Entry by entry, whatever their order; credentials are not to be seen in flows that run. */
function areAlike(
  standing: readonly FlowEntry[],
  placed: readonly FlowEntry[],
  isLike: (found: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>) => boolean,
): boolean {
  const withoutSecrets = ({ credentials: _, ...entry }: FlowEntry) => entry;
  const byId = new Map(standing.map((entry) => [entry.id, entry]));
  return (
    byId.size === placed.length &&
    placed.every((wanted) => {
      const found = byId.get(wanted.id);
      return found !== undefined && isLike(withoutSecrets(found), withoutSecrets(wanted));
    })
  );
}

/** Types of nodes that have to be installed. */
export function nodeTypesOf(placed: readonly FlowEntry[]): readonly string[] {
  const types = placed.map(({ type }) => type).filter((type) => !/^(tab|group|junction|subflow(:.*)?)$/.test(type));
  return [...new Set(types)].sort();
}

/** npm modules that function nodes ask for, by name. */
export function modulesOf(placed: readonly FlowEntry[]): readonly string[] {
  const functions = placed.filter(({ type, d }) => type === 'function' && d !== true);
  const libs = functions.flatMap(({ libs: given }) =>
    Array.isArray(given) ? (given as readonly { readonly module?: unknown }[]) : [],
  );
  const modules = libs.flatMap(({ module }) => (typeof module === 'string' && module !== '' ? [module] : []));
  // A version may follow, and a path; a scope begins with the same sign.
  return [...new Set(modules.map((module) => /^(@[^/]+\/)?[^@/]+/.exec(module)?.[0] ?? module))].sort();
}

/** Hold ids of nodes, however deep. */
const REFERENCES = new Set(['id', 'z', 'g', 'wires', 'links', 'scope', 'nodes', 'parentIds', 'in', 'out', 'status']);
/** Hold words, which may be those of an id that somebody wrote by hand. */
const WORDS = new Set(
  'type name label info topic property payload func template model library text title value category'.split(' '),
);
/** As Node-RED makes them: nobody writes that by chance. */
const GENERATED = /^[0-9a-f]{8,16}(\.[0-9a-f]+)?$/;

function rename(entry: FlowEntry, ids: ReadonlyMap<string, string>): FlowEntry {
  const follow = (value: unknown, isSure: boolean): unknown => {
    if (typeof value === 'string') return isSure || GENERATED.test(value) ? (ids.get(value) ?? value) : value;
    if (Array.isArray(value)) return value.map((part) => follow(part, isSure));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, follow(part, isSure)]));
  };
  const isSure = (key: string, value: unknown): boolean =>
    REFERENCES.has(key) || (typeof value === 'string' && !WORDS.has(key));
  const renamed = Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [key, follow(value, isSure(key, value))]),
  ) as FlowEntry;
  const template = templateIdOf(entry);
  return template === undefined ? renamed : { ...renamed, type: `subflow:${ids.get(template) ?? template}` };
}

function placed(entry: FlowEntry, place: Place, tabId: string): readonly FlowEntry[] {
  if (entry.id === tabId) return [placedTab(entry, place)];
  const isBroker = entry.type === 'mqtt-broker';
  if (!isBroker && entry.type !== 'mqtt in' && entry.type !== 'mqtt out') return [entry];
  const topics = TOPICS.filter((key) => typeof entry[key] === 'string').map(
    (key) => [key, textOf(entry, key).replaceAll(`\${${VARIABLE}}`, place.edgeName)] as const,
  );
  const expanded = { ...entry, ...Object.fromEntries(topics) };
  return isBroker && !('id' in place.broker) ? ownBroker(expanded, place.broker, place.edgeName) : [expanded];
}

function placedTab(tab: FlowEntry, { edgeName, isRunning }: Place): FlowEntry {
  const env = Array.isArray(tab['env']) ? (tab['env'] as readonly { readonly name?: unknown }[]) : [];
  const own = { name: VARIABLE, value: edgeName, type: 'str' };
  return {
    ...tab,
    env: [...env.filter(({ name }) => name !== VARIABLE), own],
    disabled: !isRunning,
    locked: true,
  };
}

/** That of the settings, which may stand in the URL. */
function loginOf({ url, username, password }: PlaceBroker): { readonly user: string; readonly password: string } {
  const inUrl = new URL(url);
  return {
    user: username ?? decodeURIComponent(inUrl.username),
    password: password ?? decodeURIComponent(inUrl.password),
  };
}

/** What the broker was set to stays, but for where it is and who logs in. */
function ownBroker(entry: FlowEntry, own: PlaceBroker, edgeName: string): readonly FlowEntry[] {
  const [{ broker, port, usetls }] = brokerNodes(own.url);
  const clientId = textOf(entry, 'clientid');
  const tlsId = `${entry.id}_tls`;
  const placedBroker: FlowEntry = {
    ...entry,
    broker,
    port,
    usetls,
    tls: usetls ? tlsId : '',
    // Two clients of one id would end each other's connections in turn; each pipeline has a copy of the node.
    clientid: clientId === '' ? '' : `${clientId}-${edgeName}-${digestOf(entry.id)}`,
    credentials: loginOf(own),
  };
  if (!usetls) return [placedBroker];
  const { ca = '', cert = '', key = '' } = own;
  const tls: FlowEntry = {
    id: tlsId,
    type: 'tls-config',
    name: '',
    verifyservercert: true,
    // No files on its disk. Node-RED 4 fails on a field that is absent.
    ca: '',
    cert: '',
    key: '',
    credentials: { cadata: ca, certdata: cert, keydata: key },
    // Names of files that were uploaded: Node-RED reads the data only where there is one.
    ...(ca && { caname: 'ca.pem' }),
    ...(cert && { certname: 'cert.pem' }),
    ...(key && { keyname: 'key.pem' }),
  };
  return [placedBroker, tls];
}
