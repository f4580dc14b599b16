import type { FlowEntry } from '../flow-entry';
import { isPassage } from '../passage';
import { borderOf, calledLinkOf, isReturn, isWirable, linksOf, templateIdOf, textOf, wiresOf } from './stored-wiring';
import { connect, Vertex, type VertexKind } from './vertex';

interface Placed {
  readonly entry: FlowEntry;
  readonly position: number;
}

/** The tabs together, or the inside of one subflow instance: where the ids of wires are looked up. */
type Scope = ReadonlyMap<string, Vertex>;

/**
 * The flows as they run: each subflow instance expanded, what is disabled left out, links as wires. The keys are runtime
 * ids: inside a subflow instance Node-RED makes them from its own id and the one in the template.
 *
 * @see node-red, packages/node_modules/@node-red/runtime/lib/flows/{util,Subflow}.js
 */
export function expandFlows(entries: readonly FlowEntry[]): ReadonlyMap<string, Vertex> {
  return new Expansion(entries).run();
}

class Expansion {
  private readonly templates = new Map<string, FlowEntry>();
  private readonly insideOf = new Map<string, Placed[]>();
  private readonly onTabs: Placed[] = [];
  /** Targets of each link out, whichever end the link is stored at. */
  private readonly linkTargets = new Map<string, Set<string>>();
  private readonly vertices = new Map<string, Vertex>();
  private tabScope: Scope = new Map();

  constructor(private readonly entries: readonly FlowEntry[]) {}

  run(): ReadonlyMap<string, Vertex> {
    this.sort();
    this.collectLinks();
    const build = this.placeAll(this.onTabs, undefined, []);
    this.tabScope = build.scope;
    build.wire();
    return this.vertices;
  }

  private sort(): void {
    const disabledTabs = new Set<string>();
    for (const entry of this.entries) {
      if (entry.type === 'subflow') {
        this.templates.set(entry.id, entry);
        this.insideOf.set(entry.id, []);
      }
      if (entry.type === 'tab' && entry['disabled'] === true) disabledTabs.add(entry.id);
    }
    for (const [position, entry] of this.entries.entries()) {
      const around = textOf(entry, 'z');
      if (around === '' || disabledTabs.has(around) || !isWirable(entry)) continue;
      (this.insideOf.get(around) ?? this.onTabs).push({ entry, position });
    }
  }

  private collectLinks(): void {
    const add = (from: string, to: string): void => {
      const targets = this.linkTargets.get(from) ?? new Set();
      this.linkTargets.set(from, targets.add(to));
    };
    for (const entry of this.entries) {
      for (const other of linksOf(entry) ?? []) {
        if (entry.type === 'link out') add(entry.id, other);
        else if (entry.type === 'link in') add(other, entry.id);
      }
    }
  }

  /** Places the nodes and, nested in them, those of subflow instances; `wire` then connects what is in this scope. */
  private placeAll(
    placed: readonly Placed[],
    container: Vertex | undefined,
    templatesAround: readonly string[],
  ): { readonly scope: Scope; wire(): void } {
    const scope = new Map<string, Vertex>();
    const wirings: (() => void)[] = [];
    for (const { entry, position } of placed) {
      const runtimeId = container ? `${container.runtimeId}-${entry.id}` : entry.id;
      const templateId = templateIdOf(entry);
      const template = templateId === undefined ? undefined : this.templates.get(templateId);
      const vertex = new Vertex(isPassage(entry.type) ? 'passage' : 'node', runtimeId, entry, position, container);
      scope.set(entry.id, vertex);
      this.vertices.set(runtimeId, vertex);
      if (calledLinkOf(entry) !== undefined) vertex.callEntry = this.part('passage', vertex);
      // A template inside itself cannot run.
      if (!template || templatesAround.includes(template.id)) continue;
      vertex.exits.push(...borderOf(template, 'out').map(() => this.part('exit', vertex)));
      const inside = this.placeAll(this.insideOf.get(template.id) ?? [], vertex, [...templatesAround, template.id]);
      wirings.push(() => {
        this.wireBorder(template, vertex, inside.scope);
        inside.wire();
      });
    }
    wirings.push(() => {
      for (const [id, vertex] of scope) this.wireNode(id, vertex, scope);
    });
    return {
      scope,
      wire: () => {
        for (const wire of wirings) wire();
      },
    };
  }

  private part(kind: VertexKind, owner: Vertex): Vertex {
    const part = new Vertex(kind, owner.runtimeId, owner.entry, owner.position, owner.container);
    part.owner = owner;
    return part;
  }

  private wireNode(id: string, vertex: Vertex, scope: Scope): void {
    const { entry } = vertex;
    if (isReturn(entry)) return;
    // Node-RED makes the wires of a link out anew from its links.
    const wires =
      entry.type === 'link out' && linksOf(entry) ? [[...(this.linkTargets.get(id) ?? [])]] : wiresOf(entry);
    for (const [port, ids] of wires.entries()) {
      const from = templateIdOf(entry) === undefined ? vertex : vertex.exits[port];
      if (from) for (const target of ids) this.wire(from, scope.get(target));
    }
    const called = calledLinkOf(entry);
    if (!vertex.callEntry || called === undefined) return;
    const target = scope.get(called) ?? this.tabScope.get(called);
    if (target?.entry.type === 'link in') this.wire(vertex.callEntry, target);
  }

  private wireBorder(template: FlowEntry, instance: Vertex, inside: Scope): void {
    for (const { id } of borderOf(template, 'in').flat()) this.wire(instance, inside.get(id));
    for (const [output, wires] of borderOf(template, 'out').entries()) {
      for (const { id, port } of wires) {
        const inner = inside.get(id);
        // An input wired straight to an output names the template itself.
        const from = id === template.id ? instance : inner && templateIdOf(inner.entry) ? inner.exits[port] : inner;
        if (from) this.wire(from, instance.exits[output]);
      }
    }
  }

  /** Wires to what does not run lead nowhere; two wires between the same two are one. */
  private wire(from: Vertex, to: Vertex | undefined): void {
    if (to && !from.out.includes(to)) connect(from, to);
  }
}
