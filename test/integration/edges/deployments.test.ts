import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ModelManagementError } from '../../../lib/errors';
import { bundleOf, type PipelineBundle } from '../../../lib/pipeline/bundle/bundle';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import { ask, bundle, call, Desk, notFound, nothing } from '../../support/deployment-desk';
import { aNode, aTab } from '../../support/flow-entries';
import { withCode } from '../../support/registry-lab';

describe('what an edge shall run for its pipelines', () => {
  const needs: readonly (readonly [string, readonly FlowEntry[], unknown])[] = [
    ['what is deployed on the hub', [ask('m', 'iris')], [['iris', 1, {}, [1]]]],
    ['an alias, beside what is deployed', [ask('m', 'iris', 'canary')], [['iris', 1, { canary: 2 }, [1, 2]]]],
    ['a number, beside what is deployed', [ask('m', 'iris', '3')], [['iris', 1, {}, [1, 3]]]],
    ['the latest, which has the highest number there', [ask('m', 'iris', 'latest')], [['iris', 1, {}, [1, 3]]]],
    ['another model, by number', [ask('m', 'ocr', '1')], [['ocr', 1, {}, [1]]]],
    [
      'all that several nodes ask for',
      [ask('a', 'iris'), ask('b', 'iris', 'canary'), ask('c', 'IRIS', '3'), ask('d', 'ocr', '1')],
      [
        ['iris', 1, { canary: 2 }, [1, 2, 3]],
        ['ocr', 1, {}, [1]],
      ],
    ],
    [
      'nothing of a node that is disabled',
      [aNode('m', '', { type: 'onnx-model', model: 'iris', d: true }), call('c', 'pipelib_scale')],
      [],
    ],
  ];
  for (const [what, nodes, expected] of needs) {
    it(`is ${what}`, async () => {
      await using desk = await Desk.open();
      await desk.deploy(bundle(...nodes), { name: 'edge-2' });
      assert.deepEqual(desk.models(), expected);
    });
  }

  it('is what was assigned, with what the pipelines ask for beside it', async () => {
    await using desk = await Desk.open();
    await desk.assignments.assign('iris', { edges: [{ name: 'edge-2', version: 3 }] }, () => false);
    const before = JSON.stringify(desk.content.of('edge-2'));
    await desk.deploy(bundle(ask('m', 'iris'), ask('n', 'iris', 'canary')), { name: 'edge-2' });
    assert.deepEqual(desk.models(), [['iris', 3, { canary: 2 }, [2, 3]]]);
    await desk.deploy(bundle());
    assert.equal(JSON.stringify(desk.content.of('edge-2')), before, 'and as before when they are gone');
  });

  it('follows the aliases of the hub', async () => {
    await using desk = await Desk.open();
    await desk.deploy(bundle(ask('m', 'iris')), { name: 'edge-2' });
    assert.deepEqual(desk.deployments.edgesOfModel('Iris'), ['edge-2']);
    await desk.lab.registry.setAlias('iris', 'deployed', { version: 2, force: true }, 'ann');
    assert.deepEqual(desk.models(), [['iris', 2, {}, [2]]]);
  });

  it('is also what the revision before asks for, which runs until the later one does', async () => {
    await using desk = await Desk.open();
    await desk.deploy(bundle(ask('m', 'iris', '3')), { name: 'edge-2' });
    await desk.deploy(bundle(ask('m', 'iris', '2')), { name: 'edge-2' });
    assert.deepEqual(desk.models(), [['iris', 1, {}, [1, 2, 3]]]);
    // Revision 2 never came to stand: the edge tells that it is still at 1.
    desk.standing = { revision: 1, isToRepeat: true };
    await desk.deploy(bundle(ask('m', 'iris')), { name: 'edge-2' });
    assert.deepEqual(desk.models(), [['iris', 1, {}, [1, 3]]]);
    const { revision, previousRevision, attempt } = desk.deployments.get('t', 'edge-2');
    assert.deepEqual([revision, previousRevision, attempt], [3, 1, 1]);
  });

  it('are its libraries, of which the later revision counts where two pipelines differ', async () => {
    await using desk = await Desk.open();
    await desk.deploy(bundle(call('c', 'pipelib_scale')), { name: 'edge-2' });
    desk.libraries.set('pipelib_scale', { revision: 2, source: 'scale 2' });
    const other = (): PipelineBundle => bundleOf([aTab('u'), call('c', 'pipelib_scale', 'u')], 'u');
    await desk.deployments.deploy('u', other, { edges: [{ name: 'edge-2' }] }, () => nothing, null);
    const { libraries = [], pipelines = [] } = desk.content.of('edge-2');
    assert.deepEqual(
      pipelines.map(({ id, libraries: called }) => [id, called]),
      [
        ['t', ['pipelib_scale']],
        ['u', ['pipelib_scale']],
      ],
    );
    assert.equal(libraries.length, 1);
    const source = await readFile(desk.lab.blobs.pathOf(libraries[0]?.digest as never), 'utf8');
    assert.deepEqual(JSON.parse(source), {
      v: 1,
      name: 'pipelib_scale',
      revision: 2,
      source: 'scale 2',
      description: '',
    });
  });

  it('may be asked for, and nothing else', async () => {
    await using desk = await Desk.open();
    await desk.deploy(bundle(ask('m', 'iris', '3'), call('c', 'pipelib_scale')), { name: 'edge-2' });
    const { models, libraries = [], pipelines = [] } = desk.content.of('edge-2');
    const files = [
      ...models.flatMap(({ versions }) => versions.flatMap((one) => one.files)),
      ...libraries,
      ...pipelines,
    ];
    for (const { digest } of files) assert.ok(desk.content.offered(digest));
    const { digest } = await desk.lab.registry.getVersion('iris', '2');
    assert.equal(desk.content.offered(digest), undefined);
    for (const one of [...libraries, ...pipelines]) assert.ok(desk.namesFile(one.digest), 'no garbage');
    await desk.deploy(bundle());
    desk.content.changed();
    for (const one of files) assert.equal(desk.content.offered(one.digest), undefined);
    for (const one of [...libraries, ...pipelines]) assert.ok(desk.namesFile(one.digest), 'one may go back to it');
  });
});

describe('the deployments of a pipeline', () => {
  it('are new revisions only when something is different', async () => {
    await using desk = await Desk.open();
    const take = bundle(ask('m', 'iris'), call('c', 'pipelib_scale'));
    await desk.deploy(take, { name: 'edge-2' });
    await desk.deploy(take, { name: 'edge-2' }, { name: 'edge-3' });
    assert.deepEqual(
      desk.revisions.of('t').map(({ revision }) => revision),
      [1],
    );
    desk.libraries.set('pipelib_scale', { revision: 2, source: 'scale 2' });
    await desk.deploy(take, { name: 'edge-2' }, { name: 'edge-3', revision: 1 });
    assert.deepEqual(
      desk.deployments.ofPipeline('t').map(({ edge, revision }) => [edge, revision]),
      [
        ['edge-2', 2],
        ['edge-3', 1],
      ],
    );
  });

  it('stay started or stopped when they are deployed again, and begin started', async () => {
    await using desk = await Desk.open();
    await desk.deploy(bundle(ask('m', 'iris')), { name: 'edge-2' });
    await desk.deployments.setRunning('t', 'Edge-2', false);
    await desk.deploy(bundle(ask('m', 'iris', '2')), { name: 'edge-2' });
    assert.deepEqual(
      desk.content.of('edge-2').pipelines?.map(({ running, revision }) => [running, revision]),
      [[false, 2]],
    );
    await assert.rejects(desk.deployments.setRunning('t', 'edge-3', true), withCode('PIPELINE_NOT_ON_EDGE'));
  });

  it('keep twenty revisions, and those that edges have or go back to', async () => {
    await using desk = await Desk.open();
    const take = (n: number) => bundle(ask('m', 'iris'), aNode(`n${n}`));
    await desk.deploy(take(0), { name: 'edge-2' });
    for (let n = 1; n <= 25; n += 1) await desk.deploy(take(n), { name: 'edge-2', revision: 1 }, { name: 'edge-3' });
    const kept = desk.revisions.of('t').map(({ revision }) => revision);
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [21, 26, 1]);
  });

  it('are refused as a whole, with the reason', async () => {
    await using desk = await Desk.open();
    await desk.deploy(bundle(ask('m', 'iris')), { name: 'edge-2' });
    const refusals: readonly (readonly [() => PipelineBundle, readonly object[], string])[] = [
      [bundle(ask('m', 'nobody')), [{ name: 'edge-2' }], 'MODEL_NOT_FOUND'],
      [bundle(ask('m', 'iris', '9')), [{ name: 'edge-2' }], 'VERSION_NOT_FOUND'],
      [bundle(ask('m', 'iris', 'gone')), [{ name: 'edge-2' }], 'ALIAS_NOT_FOUND'],
      [bundle(call('c', 'pipelib_none')), [{ name: 'edge-2' }], 'LIBRARY_NOT_FOUND'],
      [bundle(ask('m', 'iris')), [{ name: 'nobody' }], 'EDGE_NOT_FOUND'],
      [bundle(ask('m', 'iris')), [{ name: 'local' }], 'INVALID_INPUT'],
      [bundle(ask('m', 'iris')), [{ name: 'edge-2' }, { name: 'edge-2' }], 'INVALID_INPUT'],
      [bundle(ask('m', 'iris')), [{ name: 'edge-2', revision: 9 }], 'REVISION_NOT_FOUND'],
      [bundle(ask('m', 'iris'), aNode('n', '', { text: 'x'.repeat(9e6) })), [{ name: 'edge-2' }], 'PAYLOAD_TOO_LARGE'],
    ];
    const before = JSON.stringify(desk.deployments.all());
    for (const [take, edges, code] of refusals) {
      await assert.rejects(desk.deploy(take, ...edges), withCode(code as never), code);
    }
    desk.check = () => {
      throw new ModelManagementError('INVALID_INPUT', 'too many', 'Take fewer.');
    };
    await assert.rejects(desk.deploy(bundle(ask('m', 'iris')), { name: 'edge-3' }), withCode('INVALID_INPUT'));
    assert.equal(JSON.stringify(desk.deployments.all()), before);
  });

  it('of a tab that is gone are taken off, and one that never was is not found', async () => {
    await using desk = await Desk.open();
    const gone = (): PipelineBundle => bundleOf([], 't');
    await assert.rejects(desk.deploy(gone), withCode('PIPELINE_NOT_FOUND'));
    await desk.deploy(bundle(ask('m', 'iris')), { name: 'edge-2' });
    await assert.rejects(desk.deploy(gone, { name: 'edge-2' }), withCode('PIPELINE_NOT_FOUND'));
    assert.deepEqual([...(await desk.deploy(gone))], ['edge-2']);
    assert.deepEqual(desk.deployments.all(), []);
  });

  it('are forgotten with all revisions once no edge shall have the pipeline or told that it has it', async () => {
    await using desk = await Desk.open();
    const pipelines = desk.pipelines();
    const unknown = () => assert.throws(() => pipelines.revisions('t', notFound), withCode('PIPELINE_NOT_FOUND'));
    unknown();
    await desk.deploy(bundle(ask('m', 'iris'), call('c', 'pipelib_scale')), { name: 'edge-2' });
    const [taken] = desk.revisions.of('t');
    assert.deepEqual(pipelines.idle(), []);
    await pipelines.forget('t');
    assert.equal(pipelines.revisions('t', notFound).length, 1, 'an edge shall have it');
    await desk.deploy(bundle());
    desk.told.add('t');
    assert.deepEqual(pipelines.idle(), [], 'an edge has it still');
    desk.told.clear();
    assert.deepEqual(pipelines.idle(), ['t']);
    assert.equal(pipelines.revisions('t', notFound).length, 1, 'one may go back to it');
    await pipelines.forget('t');
    unknown();
    for (const { digest } of [taken?.bundle, ...(taken?.libraries ?? [])].flatMap((one) => one ?? [])) {
      assert.ok(!desk.namesFile(digest), 'garbage');
    }
    assert.deepEqual(
      pipelines.revisions('t', () => undefined),
      [],
      'of a tab without any',
    );
  });
});
