import assert from 'node:assert/strict';
import fc from 'fast-check';
import { imported } from '../../../support/clearblade-import';

const ids = ['InboundStep', 'OutboundStep', 'a', 'b', 'c', 'd', 'e'];
const kinds = ['INBOUND', 'OUTBOUND', 'MQTTSUB', 'MQTTPUB', 'MODEL', 'LIBRARY'];
const metadata = { topic: 't', model: 'iris', library: 'pipelib_x' };
/** Also names a step that is not there. */
const someIds = fc.uniqueArray(fc.constantFrom(...ids, 'gone'), { maxLength: 4 });
const aStep = fc.record({
  nodeType: fc.constantFrom(...kinds),
  prev: someIds,
  next: someIds,
  styling: fc.record({
    position: fc.record({ x: fc.integer({ min: -500, max: 9_000 }), y: fc.integer({ min: -500, max: 9_000 }) }),
    color: fc.constantFrom('#000000', '#147068', 'red'),
  }),
});
const someSteps = fc.dictionary(fc.constantFrom(...ids), aStep, { maxKeys: ids.length });

describe('any steps whatever', () => {
  it('become a flow that refers to nothing missing, joins exactly what is wired, and fits the canvas', () => {
    fc.assert(
      fc.property(someSteps, (sketch) => {
        const steps = Object.fromEntries(Object.entries(sketch).map(([id, step]) => [id, { ...step, metadata }]));
        const { flows } = imported({ pipelines: [{ name: 'any', steps }] });
        const known = new Map(flows.map((entry) => [entry.id, entry]));
        assert.equal(known.size, flows.length);
        const sources = new Map<string, string[]>();
        for (const { id, wires = [] } of flows) {
          for (const target of (wires as string[][]).flat()) {
            assert.notEqual(known.get(target)?.type ?? 'mqtt in', 'mqtt in', 'a wire leads to a node with an input');
            sources.set(target, [...(sources.get(target) ?? []), id]);
          }
        }
        for (const { id, type, x, y, parentIds, g } of flows) {
          if (g !== undefined) assert.equal(known.get(String(g))?.type, 'group');
          if (x !== undefined && type !== 'group') assert.ok(Number(x) >= 0 && Number(y) >= 0 && Number(x) <= 8_000);
          if (!Array.isArray(parentIds)) continue;
          const wired = sources.get(id) ?? [];
          assert.equal(new Set(wired).size, wired.length, 'one wire from each parent');
          assert.deepEqual([...parentIds].sort(), wired.length > 1 ? [...wired].sort() : []);
        }
      }),
      {
        numRuns: 500,
        // What catches errors once stood beside the canvas.
        examples: [
          [
            {
              InboundStep: {
                nodeType: 'INBOUND',
                prev: [],
                next: [],
                styling: { position: { x: 7_771, y: 0 }, color: '#000000' },
              },
            },
          ],
        ] as never,
      },
    );
  });
});
