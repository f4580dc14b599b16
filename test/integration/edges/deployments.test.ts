import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../../lib/clock';
import { Assignments } from '../../../lib/edges/hub/assignments';
import { DesiredContent } from '../../../lib/edges/hub/desired-content';
import { AssignmentDocument, EdgeDocument } from '../../../lib/edges/hub/hub-documents';
import {
  PipelineDeploymentDocument,
  PipelineRevisionDocument,
} from '../../../lib/edges/hub/pipelines/deployment-documents';
import { PipelineDeployments, type StandingPipeline } from '../../../lib/edges/hub/pipelines/deployments';
import { EdgePipelines } from '../../../lib/edges/hub/pipelines/edge-pipelines';
import { namesFile, PipelineRevisions } from '../../../lib/edges/hub/pipelines/revisions';
import type { EdgeFacts } from '../../../lib/edges/hub/views';
import { ModelManagementError } from '../../../lib/errors';
import { LibraryName } from '../../../lib/ids';
import { silentLog } from '../../../lib/log';
import { bundleOf, type PipelineBundle } from '../../../lib/pipeline/bundle/bundle';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import { pipelineNotFound } from '../../../lib/pipeline/pipelines/tab-changes';
import { openDocumentStore } from '../../../lib/store';
import { aNode, aTab } from '../../support/flow-entries';
import { modelNumber, type RegistryLab, registryLab, withCode } from '../../support/registry-lab';
import { temporaryFolder } from '../../support/temporary-folder';

const ask = (id: string, model: string, version = 'deployed', z = 't'): FlowEntry =>
  aNode(id, '', { z, type: 'onnx-model', model, version });
const call = (id: string, library: string, z = 't'): FlowEntry => aNode(id, '', { z, type: 'pipelib', library });
const bundle =
  (...nodes: FlowEntry[]) =>
  (): PipelineBundle =>
    bundleOf([aTab('t'), ...nodes], 't');
const nothing = { revision: null, isToRepeat: false };

const notFound = (): never => {
  throw pipelineNotFound('t');
};

const edgeOf = (name: string): EdgeDocument =>
  EdgeDocument.parse({
    _id: name,
    name,
    labels: [],
    createdAt: 0,
    deletedAt: null,
    tokens: [],
    key: null,
    revoked: null,
  });

/** A registry and the stores of a hub, without a broker. */
class Desk implements AsyncDisposable {
  readonly libraries = new Map<string, { readonly revision: number; readonly source: string }>();
  standing: StandingPipeline = nothing;
  readonly told = new Set<string>();
  /** Throws where an edge cannot take so much. */
  check = (): void => undefined;

  private constructor(
    readonly lab: RegistryLab,
    readonly assignments: Assignments,
    readonly deployments: PipelineDeployments,
    readonly revisions: PipelineRevisions,
    readonly content: DesiredContent,
    readonly namesFile: (digest: string) => boolean,
    private readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<Desk> {
    const [lab, folder] = [await registryLab(), await temporaryFolder()];
    const at = { path: folder.path, log: silentLog };
    const stores = {
      revisions: await openDocumentStore({ ...at, name: 'r', parse: (raw) => PipelineRevisionDocument.parse(raw) }),
      deployments: await openDocumentStore({ ...at, name: 'd', parse: (raw) => PipelineDeploymentDocument.parse(raw) }),
      assignments: await openDocumentStore({ ...at, name: 'a', parse: (raw) => AssignmentDocument.parse(raw) }),
    };
    const getEdge = (name: string): EdgeDocument => {
      if (/^edge-/i.test(name)) return edgeOf(name.toLowerCase());
      throw new ModelManagementError('EDGE_NOT_FOUND', 'no such edge', 'Add it.');
    };
    const { registry, blobs } = lab;
    const assignments = new Assignments({ registry, assignments: stores.assignments }, getEdge, () => undefined);
    const library = (name: string) => {
      const found = desk.libraries.get(name);
      if (!found) throw new ModelManagementError('LIBRARY_NOT_FOUND', 'no such library', 'Make it.');
      return { name: LibraryName.parse(name), builtIn: false, description: '', ...found };
    };
    const revisions = new PipelineRevisions({
      revisions: stores.revisions,
      blobs,
      registry,
      library,
      clock: systemClock,
    });
    const deployments = new PipelineDeployments({
      deployments: stores.deployments,
      revisions,
      getEdge,
      check: () => desk.check(),
    });
    const content = new DesiredContent(registry, assignments, deployments);
    const isNamed = (digest: string): boolean => namesFile(stores.revisions, digest as never);
    const close = async (): Promise<void> => {
      await Promise.all(Object.values(stores).map((store) => store.close()));
      await lab[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    };
    const desk: Desk = new Desk(lab, assignments, deployments, revisions, content, isNamed, close);
    for (const number of [1, 2, 3]) await lab.upload('iris', modelNumber(number));
    await lab.upload('ocr', modelNumber(4));
    await lab.registry.setAlias('iris', 'deployed', { version: 1 }, 'ann');
    await lab.registry.setAlias('iris', 'canary', { version: 2 }, 'ann');
    desk.libraries.set('pipelib_scale', { revision: 1, source: 'scale 1' });
    return desk;
  }

  /** Beside one edge, which tells of the pipelines that are `told`. */
  pipelines(): EdgePipelines {
    const edge = edgeOf('edge-2');
    const pipelines = () => [...this.told].map((id) => ({ id, revision: 1, state: 'deployed' }));
    return new EdgePipelines({
      book: { all: () => [edge], find: () => edge, get: () => edge },
      deployments: this.deployments,
      revisions: this.revisions,
      factsOf: () => ({ edge, said: { report: { pipelines: pipelines() } } }) as unknown as EdgeFacts,
      changed: () => undefined,
      ask: () => Promise.reject(new Error('nobody is there')),
      log: silentLog,
    });
  }

  deploy(take: () => PipelineBundle, ...edges: object[]): Promise<ReadonlySet<string>> {
    return this.deployments.deploy('t', take, { edges }, () => this.standing, 'ann');
  }

  change(take: () => PipelineBundle, input: object): Promise<ReadonlySet<string>> {
    return this.deployments.change('t', take, input, () => this.standing, 'ann');
  }

  edges(): unknown {
    return this.deployments
      .ofPipeline('t')
      .map(({ edge, revision, brokerId, attempt }) => [edge, revision, brokerId, attempt]);
  }

  models(edge = 'edge-2'): unknown {
    const { models } = this.content.of(edge);
    return models.map(({ name, deployed, aliases, versions }) => [
      name,
      deployed,
      aliases,
      versions.map(({ version }) => version).sort(),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

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

  it('of single edges keep their broker, unless another is said', async () => {
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

  it('of single edges are refused as a whole, with the reason', async () => {
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
