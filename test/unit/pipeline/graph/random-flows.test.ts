import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FlowGraph } from '../../../../lib/pipeline/flow-graph';
import { FlowWalker } from '../../../support/flow-walker';
import { anyFlow } from '../../../support/random-flows';

const runs = { numRuns: 2_000 };

const idsOf = (graph: FlowGraph, node: string, origins: ReadonlySet<string>): Set<string | undefined> =>
  new Set([...origins].map((origin) => graph.parentOf(node, origin)));

describe('in any flow', () => {
  it('a message comes from one of the parents, and each parent gives some', () => {
    fc.assert(
      fc.property(anyFlow, (flow) => {
        const graph = FlowGraph.of(flow);
        const received = new FlowWalker(flow).originsEverywhere();
        for (const [node, origins] of received) {
          assert.deepEqual(
            idsOf(graph, node, origins),
            new Set(graph.parentsOf(node).map(({ id }) => id)),
            `${node} ← ${[...origins].join(' ')}`,
          );
        }
      }),
      runs,
    );
  });

  it('a node that gets no message has no parents', () => {
    fc.assert(
      fc.property(anyFlow, (flow) => {
        const graph = FlowGraph.of(flow);
        const walker = new FlowWalker(flow);
        const received = walker.originsEverywhere();
        for (const node of walker.nodes()) {
          if (!received.has(node)) assert.deepEqual(graph.parentsOf(node), [], node);
        }
      }),
      runs,
    );
  });

  it('the cycles of a node enter by the parents its own messages come back through', () => {
    // What a link out returns goes to its caller, which the walker does not know: without them.
    const withoutReturns = anyFlow.map((flow) =>
      flow.map((entry) => (entry['mode'] === 'return' ? { ...entry, mode: 'link' } : entry)),
    );
    fc.assert(
      fc.property(withoutReturns, (flow) => {
        const graph = FlowGraph.of(flow);
        const walker = new FlowWalker(flow);
        for (const node of walker.nodes()) {
          if (graph.parentsOf(node).length === 0) continue;
          const cycles = graph.cyclesOf(node);
          assert.deepEqual(
            new Set(cycles.map(({ parentId }) => parentId)),
            idsOf(graph, node, walker.originsComingBack(node)),
            node,
          );
          for (const { path } of cycles) assert.ok(path.length >= 2 && path[0] === path.at(-1));
        }
      }),
      runs,
    );
  });
});
