import fc from 'fast-check';
import type { FlowEntry } from '../../lib/pipeline/flow-entry';

const tabs = ['t0', 't1'];
const templates = ['s0', 's1', 's2'];
const types = ['node', 'node', 'node', 'junction', 'link in', 'link out', 'return', 'call', 'instance'] as const;

/** One node: numbers pick its place and the ends of its wires among what there is. */
const shape = fc.record({
  type: fc.constantFrom(...types),
  around: fc.nat(tabs.length + templates.length - 1),
  isDisabled: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  wires: fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 2, maxLength: 2 }),
  links: fc.array(fc.nat(), { maxLength: 2 }),
  template: fc.nat(),
});
const border = fc.record({
  into: fc.array(fc.nat(), { maxLength: 3 }),
  from: fc.array(fc.array(fc.tuple(fc.nat(), fc.nat(1)), { maxLength: 3 }), { minLength: 1, maxLength: 2 }),
  passes: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
});
const spec = fc.record({
  nodes: fc.array(shape, { minLength: 2, maxLength: 24 }),
  borders: fc.array(border, { minLength: templates.length, maxLength: templates.length }),
  isSecondTabDisabled: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
});
type Spec = typeof spec extends fc.Arbitrary<infer T> ? T : never;

const hasOneOutput = (type: string): boolean => type === 'junction' || type.startsWith('link');

function pick<T>(from: readonly T[], index: number): readonly T[] {
  const value = from[index % Math.max(1, from.length)];
  return value === undefined ? [] : [value];
}

function buildFlow({ nodes, borders, isSecondTabDisabled }: Spec): readonly FlowEntry[] {
  const places = [...tabs, ...templates];
  const typeOf = ({ type, around, template }: Spec['nodes'][number]): string => {
    if (type === 'node') return 'function';
    if (type === 'return') return 'link out';
    if (type === 'call') return 'link call';
    if (type !== 'instance') return type;
    // A template holds only later ones, so that none holds itself.
    const [of] = pick(templates.slice(Math.max(0, around - tabs.length + 1)), template);
    return of === undefined ? 'function' : `subflow:${of}`;
  };
  const placed = nodes.map((node, index) => ({
    node,
    id: `n${index}`,
    z: places[node.around] ?? '',
    type: typeOf(node),
  }));
  const typeById = new Map(placed.map(({ id, type }) => [id, type]));
  const idsIn = (z: string): string[] => placed.filter((other) => other.z === z).map(({ id }) => id);
  const idsOf = (type: string): string[] => placed.filter((other) => other.type === type).map(({ id }) => id);
  const entries = placed.map(({ node, id, z, type }): FlowEntry => {
    const wires = node.wires
      .slice(0, hasOneOutput(type) ? 1 : 2)
      .map((ends) => ends.flatMap((end) => pick(idsIn(z), end)));
    const others = type === 'link in' ? idsOf('link out') : idsOf('link in');
    const links = type.startsWith('link') ? { links: node.links.flatMap((link) => pick(others, link)) } : {};
    const isCalling = type === 'link call' && links.links !== undefined && links.links.length > 0;
    return {
      id,
      type,
      z,
      x: 1,
      y: 1,
      wires: type === 'link out' ? [] : wires,
      ...(type === 'function' ? { func: 'return null;', outputs: 2 } : {}),
      ...links,
      ...(type === 'link out' ? { mode: node.type === 'return' ? 'return' : 'link' } : {}),
      ...(type === 'link call' ? { linkType: isCalling ? 'static' : 'dynamic' } : {}),
      ...(node.isDisabled ? { d: true } : {}),
    };
  });
  return [
    { id: 't0', type: 'tab' },
    { id: 't1', type: 'tab', disabled: isSecondTabDisabled },
    ...templates.map((id, index): FlowEntry => {
      const { into = [], from = [], passes = [] } = borders[index] ?? {};
      // A link out has no output to wire to that of the subflow.
      const senders = idsIn(id).filter((inner) => !idsOf('link out').includes(inner));
      const wire = (from: readonly string[], end: number, port: number) =>
        pick(from, end).map((inner) => ({ id: inner, port: hasOneOutput(typeById.get(inner) ?? '') ? 0 : port }));
      return {
        id,
        type: 'subflow',
        in: [{ wires: into.flatMap((end) => wire(idsIn(id), end, 0)) }],
        out: from.map((ends, output) => ({
          wires: [
            ...ends.flatMap(([end, port]) => wire(senders, end, port)),
            ...(passes[output] ? [{ id, port: 0 }] : []),
          ],
        })),
      };
    }),
    ...entries,
  ];
}

/** Flows with junctions, links, link calls, nested subflows and disabled parts, wired at random. */
export const anyFlow = spec.map(buildFlow);
