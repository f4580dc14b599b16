import assert from 'node:assert/strict';
import { bundleOf, type PipelineBundle } from '../../../lib/pipeline/bundle/bundle';
import { ask, bundle, Desk } from '../../support/deployment-desk';
import { aNode } from '../../support/flow-entries';
import { withCode } from '../../support/registry-lab';

describe('single edges of a pipeline', () => {
  it('GIVEN_two_that_change_edges_at_once_THEN_neither_undoes_the_other', async () => {
    await using desk = await Desk.open();
    const take = bundle(ask('m', 'iris'));
    await desk.deploy(take, { name: 'edge-2', brokerId: 'own' }, { name: 'edge-3' });
    const changed = await Promise.all([
      desk.change(take, { edges: [{ name: 'edge-4' }] }),
      desk.change(take, { remove: ['Edge-3'] }),
      desk.change(bundle(ask('m', 'iris'), aNode('n')), { edges: [{ name: 'edge-5' }] }),
    ]);
    assert.deepEqual(desk.edges(), [
      ['edge-2', 1, 'own', 0],
      ['edge-4', 1, null, 0],
      ['edge-5', 2, null, 0],
    ]);
    assert.deepEqual(
      changed.map((keys) => [...keys]),
      [['edge-4'], ['edge-3'], ['edge-5']],
    );
  });

  it('keep their broker, unless another is said', async () => {
    await using desk = await Desk.open();
    const take = bundle(ask('m', 'iris'));
    await desk.deploy(take, { name: 'edge-2', brokerId: 'own' });
    const next = bundle(ask('m', 'iris'), aNode('n'));
    await desk.change(next, { edges: [{ name: 'EDGE-2' }] });
    assert.deepEqual(desk.edges(), [['edge-2', 2, 'own', 0]]);
    await desk.change(next, { edges: [{ name: 'edge-2', revision: 1, brokerId: 'other' }] });
    assert.deepEqual(desk.edges(), [['edge-2', 1, 'other', 0]]);
    await desk.change(next, { edges: [{ name: 'edge-2', brokerId: null }] });
    assert.deepEqual(desk.edges(), [['edge-2', 2, null, 0]]);
  });

  it('are placed anew on an edge that is named where they failed there, and kept by a list that says what is there', async () => {
    await using desk = await Desk.open();
    const take = bundle(ask('m', 'iris'));
    await desk.deploy(take, { name: 'edge-2' });
    desk.standing = { revision: 1, isToRepeat: true };
    await desk.deploy(take, { name: 'edge-2', revision: 1 });
    assert.deepEqual(desk.edges(), [['edge-2', 1, null, 0]]);
    await desk.change(take, { edges: [{ name: 'edge-2', revision: 1 }] });
    assert.deepEqual(desk.edges(), [['edge-2', 1, null, 1]]);
  });

  it('are refused as a whole, with the reason', async () => {
    await using desk = await Desk.open();
    const take = bundle(ask('m', 'iris'));
    const refusals: readonly (readonly [object, string])[] = [
      [{}, 'INVALID_INPUT'],
      [{ edges: [{ name: 'edge-2' }, { name: 'nobody' }] }, 'EDGE_NOT_FOUND'],
      [{ edges: [{ name: 'edge-2' }], remove: ['nobody'] }, 'EDGE_NOT_FOUND'],
      [{ edges: [{ name: 'edge-2' }], remove: ['Edge-2'] }, 'INVALID_INPUT'],
      [{ edges: [{ name: 'local' }] }, 'INVALID_INPUT'],
      [{ edges: [{ name: 'edge-2', revision: 9 }] }, 'REVISION_NOT_FOUND'],
    ];
    for (const [input, code] of refusals) {
      await assert.rejects(desk.change(take, input), withCode(code as never), JSON.stringify(input));
    }
    const gone = (): PipelineBundle => bundleOf([], 't');
    await assert.rejects(desk.change(gone, { remove: ['edge-2'] }), withCode('PIPELINE_NOT_FOUND'));
    assert.deepEqual(desk.edges(), []);
  });
});
