import type { FlowEntry } from '../../lib/pipeline/flow-entry';

type Wires = readonly (readonly string[])[];
type Border = readonly { readonly wires: readonly { readonly id: string; readonly port: number }[] }[];

const passages = new Set(['junction', 'link in', 'link out']);

/** Where a message comes from that nobody sent; nodes that get it do not note it. */
const nowhere = 'nowhere';

/**
 * Lets messages run through flows, hop by hop as Node-RED does, and notes the last real sender of each that a node gets.
 * Knows nothing of graphs: the other opinion on what `FlowGraph` computes.
 */
export class FlowWalker {
  private readonly byId: ReadonlyMap<string, FlowEntry>;

  constructor(private readonly flow: readonly FlowEntry[]) {
    this.byId = new Map(flow.map((entry) => [entry.id, entry]));
  }

  /**
   * Runtime ids of the origins each running node gets messages of, when every node sends on all its outputs and
   * something comes into every subflow.
   */
  originsEverywhere(): ReadonlyMap<string, ReadonlySet<string>> {
    const run = new Run(this.byId);
    for (const [chain, id] of this.running()) run.start(chain, id);
    return run.origins;
  }

  /** The origins that come back to `runtimeId` when it sends, and every node that gets something sends on. */
  originsComingBack(runtimeId: string): ReadonlySet<string> {
    const start = this.running().find(([chain, id]) => [...chain, id].join('-') === runtimeId);
    const run = new Run(this.byId, (chain, id) => run.start(chain, id));
    if (start) run.start(...start);
    return run.origins.get(runtimeId) ?? new Set();
  }

  /** Runtime ids of all that can be told to begin: nodes, and subflow instances. */
  starters(): readonly string[] {
    return this.running()
      .filter(([, id]) => !passages.has(this.byId.get(id)?.type ?? ''))
      .map(([chain, id]) => [...chain, id].join('-'));
  }

  /** Runtime ids of all nodes that get and send messages of their own. */
  nodes(): readonly string[] {
    const isNode = ([, id]: readonly [unknown, string]): boolean => {
      const type = this.byId.get(id)?.type ?? '';
      return !passages.has(type) && !type.startsWith('subflow:');
    };
    return this.running()
      .filter(isNode)
      .map(([chain, id]) => [...chain, id].join('-'));
  }

  /** Each running node with the instances around it, outermost first. */
  private running(): [readonly string[], string][] {
    const inside = (around: string, chain: readonly string[]): [readonly string[], string][] =>
      this.flow.flatMap((entry): [readonly string[], string][] => {
        if (entry['z'] !== around || entry['d'] === true) return [];
        const template = /^subflow:(.*)/.exec(entry.type)?.[1];
        return template === undefined
          ? [[chain, entry.id]]
          : [[chain, entry.id], ...inside(template, [...chain, entry.id])];
      });
    return this.flow.flatMap((entry) => (entry.type === 'tab' && !entry['disabled'] ? inside(entry.id, []) : []));
  }
}

class Run {
  readonly origins = new Map<string, Set<string>>();
  private readonly seen = new Set<string>();

  constructor(
    private readonly byId: ReadonlyMap<string, FlowEntry>,
    private readonly onReceive: (chain: readonly string[], id: string) => void = () => undefined,
  ) {}

  /** A node sends on all its outputs; an instance gets something from nowhere. */
  start(chain: readonly string[], id: string): void {
    const { type } = this.get(id);
    if (type.startsWith('subflow:')) this.enter(chain, id, nowhere);
    else if (!passages.has(type)) this.send(chain, id, [...chain, id].join('-'));
  }

  private send(chain: readonly string[], id: string, origin: string): void {
    for (const port of [0, 1]) this.leave(chain, id, port, origin);
  }

  /** What leaves one output of a node (or instance), inside its container and out of it, where the instance sends it. */
  private leave(chain: readonly string[], id: string, port: number, origin: string): void {
    for (const target of (this.get(id)['wires'] as Wires)[port] ?? []) this.deliver(chain, target, origin);
    const around = chain.at(-1);
    if (around === undefined) return;
    for (const [output, { wires }] of this.outputsOf(around).entries()) {
      for (const wire of wires) {
        if (wire.id === id && wire.port === port) this.leave(chain.slice(0, -1), around, output, chain.join('-'));
      }
    }
  }

  private deliver(chain: readonly string[], id: string, origin: string): void {
    const entry = this.byId.get(id);
    const runtimeId = [...chain, id].join('-');
    const step = `${runtimeId} ${origin}`;
    if (!entry || entry['d'] === true || this.seen.has(step) || this.isOnDisabledTab(entry)) return;
    this.seen.add(step);
    if (entry.type.startsWith('subflow:')) this.enter(chain, id, origin);
    else if (entry.type === 'link out') this.sendOverLinks(chain, entry, origin);
    else if (passages.has(entry.type)) this.send(chain, id, origin);
    else {
      if (origin !== nowhere) this.receive(chain, entry, origin);
      // Whoever sent it: a call hands on what it gets.
      this.call(chain, entry, origin);
    }
  }

  private receive(chain: readonly string[], entry: FlowEntry, origin: string): void {
    const runtimeId = [...chain, entry.id].join('-');
    this.origins.set(runtimeId, (this.origins.get(runtimeId) ?? new Set()).add(origin));
    this.onReceive(chain, entry.id);
  }

  private call(chain: readonly string[], { type, z, linkType, links }: FlowEntry, origin: string): void {
    if (type !== 'link call' || linkType !== 'static') return;
    const [target = ''] = links as string[];
    if (this.byId.get(target)?.['z'] === z) this.deliver(chain, target, origin);
    else if (this.byId.get(String(this.byId.get(target)?.['z']))?.type === 'tab') this.deliver([], target, origin);
  }

  /** An instance hands on inwards, and what its input is wired straight to its output for it sends itself. */
  private enter(chain: readonly string[], id: string, origin: string): void {
    const template = this.templateOf(id);
    for (const { id: inner } of (template['in'] as Border).flatMap(({ wires }) => wires))
      this.deliver([...chain, id], inner, origin);
    for (const [output, { wires }] of (template['out'] as Border).entries()) {
      if (wires.some((wire) => wire.id === template.id)) this.leave(chain, id, output, [...chain, id].join('-'));
    }
  }

  private sendOverLinks(chain: readonly string[], out: FlowEntry, origin: string): void {
    if (out['mode'] === 'return') return;
    const isTab = chain.length === 0;
    for (const other of this.byId.values()) {
      if (other.type !== 'link in') continue;
      const isSame = isTab ? this.byId.get(String(other['z']))?.type === 'tab' : other['z'] === out['z'];
      const isLinked = (other['links'] as string[]).includes(out.id) || (out['links'] as string[]).includes(other.id);
      if (isSame && isLinked) this.deliver(chain, other.id, origin);
    }
  }

  private isOnDisabledTab(entry: FlowEntry): boolean {
    return this.byId.get(String(entry['z']))?.['disabled'] === true;
  }

  private get(id: string): FlowEntry {
    const entry = this.byId.get(id);
    if (!entry) throw new Error(`no ${id}`);
    return entry;
  }

  private templateOf(instanceId: string): FlowEntry {
    return this.get(this.get(instanceId).type.slice('subflow:'.length));
  }

  private outputsOf(instanceId: string): Border {
    return this.templateOf(instanceId)['out'] as Border;
  }
}
