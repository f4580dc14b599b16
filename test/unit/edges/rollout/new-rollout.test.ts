import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EdgeDocument } from '../../../../lib/edges/hub/hub-documents';
import { newRollout, parseRolloutRequest, selectEdges } from '../../../../lib/edges/hub/rollout/new-rollout';
import { wavesOf } from '../../../../lib/edges/hub/rollout/waves';
import { ModelName, VersionNumber } from '../../../../lib/ids';
import { withCode } from '../../../support/registry-lab';

const anEdge = (name: string, labels: readonly string[] = []): EdgeDocument =>
  EdgeDocument.parse({
    _id: name.toLowerCase(),
    name,
    labels,
    createdAt: 7,
    deletedAt: null,
    tokens: [],
    key: null,
    revoked: null,
  });

describe('the waves of a rollout', () => {
  for (const { sizes, edges, waves } of [
    { sizes: [], edges: 3, waves: '000' },
    { sizes: [{ count: 1 }], edges: 3, waves: '011' },
    { sizes: [{ count: 1 }, { count: 2 }], edges: 5, waves: '01122' },
    { sizes: [{ percent: 10 }, { percent: 50 }], edges: 5, waves: '01112' },
    { sizes: [{ percent: 100 }], edges: 2, waves: '00' },
    { sizes: [{ count: 5 }, { count: 5 }], edges: 3, waves: '000' },
    { sizes: [{ percent: 1 }, { count: 1 }], edges: 1, waves: '0' },
  ]) {
    it(`${JSON.stringify(sizes)} of ${edges} edges: ${waves}`, () => {
      assert.equal(wavesOf(sizes, edges).join(''), waves);
    });
  }

  it('hold each edge once, in order, none of them empty, none larger than asked for', () => {
    const size = fc.oneof(
      fc.record({ count: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ percent: fc.double({ min: 0.01, max: 100, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(size, { maxLength: 5 }), fc.integer({ min: 1, max: 200 }), (sizes, edgeCount) => {
        const waves = wavesOf(sizes, edgeCount);
        assert.equal(waves.length, edgeCount);
        const counts = Map.groupBy(waves, (wave) => wave);
        assert.deepEqual([...counts.keys()], [...Array(counts.size).keys()]);
        for (const [index, size] of sizes.entries()) {
          const most = 'count' in size ? size.count : (size.percent / 100) * edgeCount + 1;
          assert.ok((counts.get(index)?.length ?? 0) <= most);
        }
      }),
    );
  });
});

describe('what a rollout is asked for', () => {
  it('has defaults that are careful', () => {
    assert.deepEqual(parseRolloutRequest({ version: 'deployed', labels: { line: 'a' } }), {
      version: 'deployed',
      labels: ['line=a'],
      waves: [],
      soakMs: 300_000,
      stop: { maxFailed: 0 },
    });
  });

  const asked = { version: 1, labels: ['a'] };
  for (const [what, input, field] of [
    ['nothing', {}, 'version'],
    ['neither labels nor edges', { version: 1 }, 'labels'],
    ['both', { ...asked, edges: ['e'] }, 'labels'],
    ['no label at all', { version: 1, labels: [] }, 'labels'],
    ['no edge at all', { version: 1, edges: [] }, 'edges'],
    ['a wave of nobody', { ...asked, waves: [{ count: 0 }] }, 'waves.0.count'],
    ['a wave of two sizes', { ...asked, waves: [{ count: 1, percent: 1 }] }, 'waves.0'],
    ['more than all', { ...asked, waves: [{ percent: 101 }] }, 'waves.0.percent'],
    ['a soak in the past', { ...asked, soakMs: -1 }, 'soakMs'],
    ['two criteria', { ...asked, stop: { maxFailed: 1, maxFailedPercent: 1 } }, 'stop'],
    ['a field that is not there', { ...asked, speed: 1 }, 'speed'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => parseRolloutRequest(input), withCode('INVALID_INPUT', { field }));
    });
  }
});

describe('the edges of a rollout', () => {
  const edges = [anEdge('a', ['x', 'y']), anEdge('b', ['x']), anEdge('c', ['y', 'x', 'z']), anEdge('D')];
  const get = (name: string): EdgeDocument => edges.find(({ _id }) => _id === name.toLowerCase()) ?? anEdge('none');
  const select = (input: object) => selectEdges(parseRolloutRequest({ version: 1, ...input }), edges, get);

  it('have all of the labels, or are named', () => {
    const names = (input: object) => select(input).map(({ name }) => name);
    assert.deepEqual(names({ labels: ['x', 'y'] }), ['a', 'c']);
    assert.deepEqual(names({ edges: ['d', 'a'] }), ['D', 'a']);
    assert.throws(() => select({ labels: ['x', 'w'] }), withCode('INVALID_INPUT', { field: 'labels' }));
    assert.throws(() => select({ edges: ['d', 'D'] }), withCode('INVALID_INPUT', { field: 'edges' }));
  });

  it('are fixed at the start: those online first, with what they had', () => {
    const request = parseRolloutRequest({ version: 'next', edges: ['b', 'd', 'a'], waves: [{ count: 1 }] });
    const version = VersionNumber.parse(2);
    const before = { ref: 'deployed', version: VersionNumber.parse(1) };
    const candidates = [
      { edge: get('b'), isOnline: false, before: null },
      { edge: get('d'), isOnline: true, before },
      { edge: get('a'), isOnline: true, before: null },
    ];
    const rollout = newRollout(request, { name: ModelName.parse('iris'), version }, candidates, 'ann', 5);
    assert.deepEqual(
      rollout.edges.map(({ name, wave, before: had, createdAt }) => [name, wave, had, createdAt]),
      [
        ['a', 0, null, 7],
        ['D', 1, before, 7],
        ['b', 1, null, 7],
      ],
    );
    assert.deepEqual(rollout.selection, { edges: ['b', 'D', 'a'] });
    assert.deepEqual(rollout.audit, [{ at: 5, user: 'ann', action: 'started' }]);
  });
});
