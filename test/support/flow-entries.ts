import type { FlowEntry } from '../../lib/pipeline/flow-entry';

type More = Readonly<Record<string, unknown>>;

/** `a b | c` = first output to a and b, second to c. */
const wires = (text: string): string[][] =>
  text.split('|').map((ids) =>
    ids
      .trim()
      .split(/\s+/)
      .filter((id) => id !== ''),
  );

export const aTab = (id: string, more: More = {}): FlowEntry => ({ id, type: 'tab', label: `Tab ${id}`, ...more });

/** On tab `t` unless said otherwise, named as its id in capitals. */
export const aNode = (id: string, to = '', more: More = {}): FlowEntry => ({
  id,
  type: 'function',
  z: 't',
  name: id.toUpperCase(),
  func: 'return null;',
  outputs: wires(to).length,
  x: 100,
  y: 100,
  wires: wires(to),
  ...more,
});

export const aJunction = (id: string, to = '', more: More = {}): FlowEntry =>
  aNode(id, to, { type: 'junction', name: '', ...more });

/** `links` are the other ends that are stored here; `more.mode` may be `return`. */
export const aLinkOut = (id: string, links = '', more: More = {}): FlowEntry =>
  aNode(id, '', { type: 'link out', mode: 'link', links: wires(links).flat(), ...more });

export const aLinkIn = (id: string, to = '', more: More = {}): FlowEntry =>
  aNode(id, to, { type: 'link in', links: [], ...more });

export const aReturn = (id: string, more: More = {}): FlowEntry => aLinkOut(id, '', { mode: 'return', ...more });

/** Calls the link in `target`; without one, what each message says. */
export const aLinkCall = (id: string, target: string | undefined, to = '', more: More = {}): FlowEntry =>
  aNode(id, to, {
    type: 'link call',
    links: target === undefined ? [] : [target],
    linkType: target === undefined ? 'dynamic' : 'static',
    timeout: '30',
    ...more,
  });

/** `into`: what the input is wired to inside; `from`: for each output, separated by `|`, nodes as `id` or `id:port`. */
export const aTemplate = (id: string, into: string, from: string, more: More = {}): FlowEntry => ({
  id,
  type: 'subflow',
  name: `Template ${id}`,
  info: '',
  in: [
    {
      x: 0,
      y: 0,
      wires: wires(into)
        .flat()
        .map((inner) => ({ id: inner })),
    },
  ],
  out: wires(from).map((inners) => ({
    x: 0,
    y: 0,
    wires: inners.map((inner) => {
      const [innerId = '', port = '0'] = inner.split(':');
      return { id: innerId, port: Number(port) };
    }),
  })),
  env: [],
  ...more,
});

export const anInstance = (id: string, template: string, to = '', more: More = {}): FlowEntry =>
  aNode(id, to, { type: `subflow:${template}`, ...more });

/** A flow of the tab `own` that counts what comes on `own/in`, so a restart of it would show. @param broker - id of the node */
export const countingFlow = (broker: string): FlowEntry[] => [
  aTab('own'),
  aNode('own-in', 'count', { z: 'own', type: 'mqtt in', topic: 'own/in', qos: '0', datatype: 'json', broker }),
  aNode('count', 'own-out', {
    z: 'own',
    func: "const n = (context.get('n') ?? 0) + 1; context.set('n', n); msg.payload = n; return msg;",
  }),
  aNode('own-out', '', { z: 'own', type: 'mqtt out', topic: 'own/out', qos: '0', broker }),
];
