import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import { type JoinConfig, JoinSchema } from '../../../lib/pipeline/join-config';
import { joinDefaults } from '../../../lib/pipeline/join-defaults';
import { joinSentence, joinWarnings, type Wording } from '../../../plugins/model-management/editor/join/join-sentence';
import {
  arrangeParents,
  changeParent,
  listParents,
  planOf,
  type StoredJoin,
  storeList,
} from '../../../plugins/model-management/editor/join/parent-list';
import { readJoin } from '../../../plugins/model-management/editor/join/stored-join';
import { wiredNode } from '../../../plugins/model-management/editor/join/wired-node';
import { aNode, anInstance, aTab, aTemplate } from '../../support/flow-entries';

const t = aTab('t');
const fork = [t, aNode('s', 'a b'), aNode('a', 'j'), aNode('b', 'j'), aNode('j')];

const stored = (parentIds: string, join: Partial<JoinConfig> = {}): StoredJoin => ({
  parentIds: parentIds.split(' ').filter(Boolean),
  join: JoinSchema.parse(join),
});

function wording(language: string): Wording {
  const file = `plugins/model-management/runtime/locales/${language}/model-management.json`;
  const catalogue: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return {
    language,
    labelOf: (id) => id.toUpperCase(),
    text: (key, values = {}) => {
      const found = key.split('.').reduce<unknown>((at, part) => Object(at)[part], catalogue);
      assert.ok(typeof found === 'string', key);
      return found.replace(/__(\w+)__/g, (_, name: string) => String(values[name]));
    },
  };
}

describe('how the dialog sees a node', () => {
  const parentsOf = (flow: readonly FlowEntry[], id = 'j'): string =>
    wiredNode(flow, id)
      .parents.map((parent) => parent.id)
      .join(' ');

  for (const [name, flow, expected] of [
    ['as it is wired', fork, 'a b'],
    [
      'as it will be when it is enabled',
      fork.map((entry) => (entry.id === 'j' ? { ...entry, d: true } : entry)),
      'a b',
    ],
    [
      'as it will be when its tab is',
      fork.map((entry) => (entry.id === 't' ? { ...entry, disabled: true } : entry)),
      'a b',
    ],
    ['not at all, when the editor has no such node', [t], ''],
    [
      'in a subflow with the parents of all instances',
      [
        t,
        aTemplate('sub', 'j', 'j'),
        aNode('x', 'j', { z: 'sub' }),
        aNode('j', '', { z: 'sub' }),
        aNode('b', 'i2'),
        aNode('a', 'i1'),
        anInstance('i1', 'sub'),
        anInstance('i2', 'sub'),
      ],
      'x b a',
    ],
    [
      'in a subflow without any instance',
      [aTemplate('sub', 'j', 'j'), aNode('x', 'j', { z: 'sub' }), aNode('j', '', { z: 'sub' })],
      'x',
    ],
  ] as const) {
    it(name, () => assert.equal(parentsOf(flow), expected));
  }
});

describe('the join a flow holds', () => {
  for (const [name, node, parentIds, join] of [
    ['is completed', {}, [], {}],
    [
      'is completed at every depth',
      { join: { parents: [{ key: 'k' }] } },
      [],
      { parents: [{ policy: 'each', key: 'k' }] },
    ],
    ['may be anything', { parentIds: 'a', join: 7 }, [], {}],
    ['may hold anything', { parentIds: ['a', 7], join: { parents: null, timeoutMs: 'x' } }, ['a', '7'], {}],
    [
      'may hold any parents',
      { join: { parents: [null, { policy: 'often' }, 'x'] } },
      [],
      { parents: Array(3).fill({ policy: 'each' }) },
    ],
  ] as const) {
    it(name, () => assert.deepEqual(normal(readJoin(node)), { parentIds, join: { ...joinDefaults, ...join } }));
  }
  const normal = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
});

describe('the list of parents in the dialog', () => {
  const wired = wiredNode(fork, 'j');

  it('has the stored ones first, also those that are not wired any more', () => {
    const list = listParents(stored('gone b'), wired);
    assert.deepEqual(
      list.map(({ id, planned }) => [id, planned?.policy]),
      [
        ['gone', undefined],
        ['b', 'each'],
        ['a', 'each'],
      ],
    );
  });

  it('is stored whole, as it is shown, with what each had', () => {
    const before = stored('gone b', { parents: [{ policy: 'latest', initial: 0 }], timeoutMs: 5 });
    const { parentIds, join } = storeList(before, listParents(before, wired));
    assert.deepEqual(parentIds, ['gone', 'b', 'a']);
    assert.deepEqual(join, {
      ...joinDefaults,
      timeoutMs: 5,
      parents: [{ policy: 'latest', initial: 0 }, { policy: 'each' }, { policy: 'each' }],
    });
  });

  it('stores an inject with the policy that it had without being stored', () => {
    const flow = fork.map((entry) => (entry.id === 'a' ? { ...entry, type: 'inject' } : entry));
    const before = stored('');
    const { join } = storeList(before, listParents(before, wiredNode(flow, 'j')));
    assert.deepEqual(join.parents, [{ policy: 'alone' }, { policy: 'each' }]);
  });

  it('takes a change of one parent, and takes out what is emptied', () => {
    const before = stored('a b', { parents: [{ policy: 'latest', key: 'k', initial: 1 }] });
    const list = listParents(before, wired);
    assert.deepEqual(changeParent(before, list, 'b', { policy: 'next', key: 'z' }).join.parents, [
      { policy: 'latest', key: 'k', initial: 1 },
      { policy: 'next', key: 'z' },
    ]);
    assert.deepEqual(changeParent(before, list, 'a', { key: undefined, initial: undefined }).join.parents, [
      { policy: 'latest' },
      { policy: 'each' },
    ]);
    assert.deepEqual(changeParent(before, list, 'a', { initial: null }).join.parents[0], {
      policy: 'latest',
      key: 'k',
      initial: null,
    });
  });

  it('tells where an entry went when it is arranged anew or forgotten', () => {
    const before = stored('gone a b', { parents: [{ policy: 'next' }, { policy: 'latest' }] });
    const list = listParents(before, wired);
    const { parentIds, join, indexOf } = arrangeParents(before, list, ['b', 'a']);
    assert.deepEqual(
      [parentIds, join.parents],
      [
        ['b', 'a'],
        [{ policy: 'each' }, { policy: 'latest' }],
      ],
    );
    assert.deepEqual([0, 1, 2, 3].map(indexOf), [undefined, 1, 0, undefined]);
  });
});

describe('what a join waits for, in words', () => {
  const flow = [t, aNode('s', 'a b c'), ...['a', 'b', 'c', 'd', 'e'].map((id) => aNode(id, 'j')), aNode('j')];
  const wired = wiredNode(flow, 'j');
  const sentence = (join: Partial<JoinConfig>, language = 'en-US'): string => {
    const state = stored('a b c d e', join);
    return joinSentence(planOf(state, wired), state.join, wording(language));
  };
  const policies = (text: string): JoinConfig['parents'] =>
    text.split(' ').map((policy) => JoinSchema.parse({ parents: [{ policy }] }).parents[0] ?? { policy: 'each' });

  for (const [join, expected] of [
    [{ mode: 'any' }, 'Every message runs this node by itself.'],
    [
      { parents: policies('each each alone alone alone') },
      'Runs when “A” and “B” have each given a result of the same run (same msg._msgid). A message of “C”, “D”, and “E” runs it by itself.',
    ],
    [
      { key: 'property', property: 'payload.id', parents: policies('each each each each each') },
      'Runs when “A”, “B”, “C”, “D”, and “E” have each given a result with the same msg.payload.id.',
    ],
    [
      { key: 'none', optionalWaitMs: 250, parents: policies('each each next optional latest') },
      'Runs when “A” and “B” have each given a result, the first with the first, then waits for the next message of “C”, waits up to 250 ms more for “D”, and takes the latest result of “E” (once there is one of “E”).',
    ],
    [
      { parents: [...policies('each alone alone alone'), { policy: 'latest', initial: 0 }] },
      'Runs on every result of “A”, and takes the latest result of “E”. A message of “B”, “C”, and “D” runs it by itself.',
    ],
  ] as const satisfies readonly (readonly [Partial<JoinConfig>, string])[]) {
    it(expected, () => assert.equal(sentence(join), expected));
  }

  it('in German and French', () => {
    const join = { parents: policies('each next alone alone alone') };
    assert.equal(
      sentence(join, 'de'),
      'Läuft mit jedem Ergebnis von „A“, wartet dann auf die nächste Nachricht von „B“. Eine Nachricht von „C“, „D“ und „E“ führt ihn für sich aus.',
    );
    assert.equal(
      sentence(join, 'fr'),
      "S'exécute à chaque résultat de « A », puis attend le prochain message de « B ». Un message de « C », « D » et « E » l'exécute à lui seul.",
    );
  });
});

describe('what is wrong with a join, in words', () => {
  const warnings = (flow: readonly FlowEntry[], ids: string, join: Partial<JoinConfig> = {}): readonly string[] => {
    const wired = wiredNode(flow, 'j');
    const state = stored(ids, join);
    return joinWarnings(planOf(state, wired), state.join, wired, wording('en-US'));
  };
  const strangers = [t, aNode('a', 'j'), aNode('b', 'j'), aNode('j')];
  const circle = [t, aNode('a', 'j'), aNode('j', 'b'), aNode('b', 'j')];

  for (const { name, flow, join = {}, expected } of [
    { name: 'nothing', flow: fork, expected: [] },
    {
      name: 'parents that never carry the same run',
      flow: strangers,
      expected: [/^“A” and “B” never carry the same run: choose latest, a property, or none\.$/],
    },
    { name: 'none of that with a property', flow: strangers, join: { key: 'property', property: 'x' }, expected: [] },
    { name: 'none of that without a key', flow: strangers, join: { key: 'none' }, expected: [] },
    {
      name: 'none of that for latest',
      flow: strangers,
      join: { parents: [{ policy: 'each' }, { policy: 'latest' }] },
      expected: [],
    },
    { name: 'none of that when nothing is joined', flow: strangers, join: { mode: 'any' }, expected: [] },
    { name: 'a circle, with its path', flow: circle, expected: [/“J” → “B” → “J”/] },
    {
      name: 'no circle for a state with an initial value',
      flow: circle,
      join: { parents: [{ policy: 'each' }, { policy: 'latest', initial: null }] },
      expected: [],
    },
    {
      name: 'a circle for a state without one',
      flow: circle,
      join: { parents: [{ policy: 'each' }, { policy: 'latest' }] },
      expected: [/circle/],
    },
    {
      name: 'no parent that starts a round',
      flow: fork,
      join: { parents: [{ policy: 'latest' }, { policy: 'next' }] },
      expected: [/No parent starts a round/],
    },
    {
      name: 'one name for two results',
      flow: fork,
      join: {
        parents: [
          { policy: 'each', key: 'x' },
          { policy: 'each', key: 'x' },
        ],
      },
      expected: [/Two results would be called “x”/],
    },
  ] satisfies readonly {
    name: string;
    flow: readonly FlowEntry[];
    join?: Partial<JoinConfig>;
    expected: readonly RegExp[];
  }[]) {
    it(name, () => {
      const found = warnings(flow, 'a b', join);
      assert.equal(found.length, expected.length, found.join('\n'));
      for (const [index, words] of expected.entries()) assert.match(found[index] ?? '', words);
    });
  }
});
