import assert from 'node:assert/strict';
import type { PipelineNodeView, PipelineRunView } from '../../../lib/pipeline/pipelines/views';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { pipelineCalls, startPlusPipeline } from '../../support/pipeline-calls';
import { requireOrSkip } from '../../support/requirement';
import { assertSortsByEveryField } from '../../support/sorting';
import { waitFor } from '../../support/wait-for';

describe(`runs and tests of pipelines in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;
  let flow: readonly FlowNode[];
  let id: string;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    ({ flow, id } = await startPlusPipeline(lab));
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const { call, get, reached, settledCounters, flowsNow } = pipelineCalls(
    () => lab,
    () => id,
  );

  /** The pipeline with other nodes in the place of its model. */
  const rewired = (nodes: readonly object[], first: string): FlowNode[] =>
    [
      ...flow
        .filter(({ id: node }) => node !== 'model')
        .map((node) => (node.id === 'in' ? { ...node, wires: [[first]] } : node)),
      ...nodes.map((node) => ({ z: id, x: 300, y: 100, ...node })),
      // What makes it a pipeline.
      {
        id: 'beside',
        type: 'pipelib',
        z: id,
        name: '',
        configVersion: 1,
        library: 'pipelib_merge',
        x: 0,
        y: 0,
        wires: [],
      },
    ] as FlowNode[];
  const model = { id: 'm', type: 'onnx-model', name: '', configVersion: 1, model: 'plus', wires: [['out']] };

  it('are tested node by node, and nothing of a dry run leaves', async () => {
    await lab.untilFlowListens();
    const test = (body: unknown) => call<{ runId: string }>('POST', `/${id}/test`, body);
    const over = (runId: string): Promise<PipelineRunView> =>
      waitFor(async () => {
        const answer = await lab.nodeRed.api<PipelineRunView>('GET', `pipelines/${id}/runs/${runId}`);
        return answer.status === 200 && answer.body.state !== 'running' ? answer.body : undefined;
      });
    const inbound = flow.find(({ type, topic }) => type === 'mqtt in' && topic === 'in')?.id;
    const before = lab.mqtt.on('out').length;
    const dry = await over((await test({ payload: [1, 2, 3, 4], nodeId: inbound })).runId);
    assert.deepEqual([dry.state, dry.dryRun], ['succeeded', true], JSON.stringify(dry));
    const types = dry.steps?.map(({ type, held }) => [type, held]);
    assert.deepEqual(types?.at(0), ['onnx-model', false]);
    assert.deepEqual(types?.at(-1), ['mqtt out', true]);
    assert.match(dry.steps?.at(-1)?.payload ?? '', /\[2,3,4,5\]/);
    const real = await over((await test({ payload: [1, 2, 3, 4], nodeId: inbound, dryRun: false })).runId);
    assert.deepEqual([real.state, real.dryRun], ['succeeded', false]);
    await waitFor(() => lab.mqtt.on('out').length > before);
    assert.equal(lab.mqtt.on('out').length, before + 1, 'the dry run published nothing');
    const wrong = await over((await test({ payload: 'no numbers', nodeId: inbound })).runId);
    assert.deepEqual([wrong.state, wrong.error?.code], ['failed', 'INVALID_INPUT']);
    assert.equal(wrong.steps?.find(({ error }) => error !== null)?.type, 'onnx-model');
    const bad = await lab.nodeRed.api<{ error: { code: string } }>('POST', `pipelines/${id}/test`, {
      nodeId: 'x',
      payload: 1,
    });
    assert.deepEqual([bad.status, bad.body.error.code], [400, 'INVALID_INPUT']);
  });

  it('are not tested dry where something else might happen, unless that is confirmed', async () => {
    const all = await flowsNow();
    const model = flow.find(({ type }) => type === 'onnx-model');
    const inbound = flow.find(({ type, topic }) => type === 'mqtt in' && topic === 'in');
    const added = (type: string): FlowNode[] => [
      ...all.map((node) => (node.id === inbound?.id ? { ...node, wires: [[model?.id ?? '', 'effect']] } : node)),
      { id: 'effect', type, z: id, name: 'outside', x: 10, y: 10, wires: [[]] } as FlowNode,
    ];
    const test = (body: object) =>
      lab.nodeRed.api<{ error: { code: string; message: string } }>('POST', `pipelines/${id}/test`, {
        payload: [1, 2, 3, 4],
        nodeId: inbound?.id,
        ...body,
      });
    await lab.nodeRed.deploy(added('http request'));
    const asked = await test({});
    assert.deepEqual([asked.status, asked.body.error.code], [409, 'HAS_EFFECTS']);
    assert.match(asked.body.error.message, /outside \(http request\)/);
    assert.equal((await test({ dryRun: false })).status, 202);
    await lab.nodeRed.deploy(added('split'));
    const refused = await test({ confirm: true });
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'DRY_RUN_REFUSED']);
    await lab.nodeRed.deploy(all);
  });

  it('are tested dry past a node that was named, once that is confirmed', async () => {
    const counting = {
      id: 'count',
      type: 'function',
      name: 'counts',
      func: "flow.set('n', (flow.get('n') ?? 0) + 1); msg.payload = flow.get('n'); return msg;",
      outputs: 1,
      wires: [['out']],
    };
    await lab.nodeRed.deploy(rewired([counting], 'count'));
    await lab.untilFlowListens();
    const before = lab.mqtt.on('out').length;
    const asked = await lab.nodeRed.api<{ error: { code: string; details: { nodes: object[] } } }>(
      'POST',
      `pipelines/${id}/test`,
      { payload: 1, nodeId: 'in' },
    );
    assert.deepEqual([asked.status, asked.body.error.code], [409, 'HAS_EFFECTS']);
    assert.deepEqual(asked.body.error.details.nodes, [{ id: 'count', name: 'counts', type: 'function' }]);
    const { runId } = await call<{ runId: string }>('POST', `/${id}/test`, { payload: 1, nodeId: 'in', confirm: true });
    const run = await waitFor(async () => {
      const found = await call<PipelineRunView>('GET', `/${id}/runs/${runId}`);
      return found.state === 'running' ? undefined : found;
    });
    assert.deepEqual(
      [run.state, run.dryRun, run.steps?.map(({ node, held }) => [node, held])],
      [
        'succeeded',
        true,
        [
          ['count', false],
          ['out', true],
        ],
      ],
    );
    await lab.mqtt.ask('in', 1, 'out');
    assert.deepEqual(lab.mqtt.on('out').slice(before), [2], 'the dry run counted, and published nothing');
    await lab.nodeRed.deploy([...flow]);
    await lab.untilFlowListens();
  });

  it('are not tested dry where they go on over the broker', async () => {
    const halfway = { id: 'half-out', type: 'mqtt out', name: 'half', topic: 'half/way', broker: 'broker', wires: [] };
    const back = { ...halfway, id: 'half-in', type: 'mqtt in', topic: 'half/+', datatype: 'json', inputs: 0 };
    await lab.nodeRed.deploy(rewired([halfway, { ...back, wires: [['m']] }, model], 'half-out'));
    await lab.untilFlowListens();
    const test = (nodeId: string) =>
      lab.nodeRed.api<{ error: { code: string; message: string; details: object } }>('POST', `pipelines/${id}/test`, {
        payload: [1, 2, 3, 4],
        nodeId,
        confirm: true,
      });
    const { status, body } = await test('in');
    assert.deepEqual([status, body.error.code], [409, 'DRY_RUN_REFUSED']);
    assert.match(body.error.message, /half \(mqtt out\)/);
    assert.deepEqual(body.error.details, { nodes: [{ id: 'half-out', name: 'half', type: 'mqtt out' }] });
    assert.equal((await test('half-in')).status, 202, 'the part behind it can be tested');
    await lab.nodeRed.deploy([...flow]);
    await lab.untilFlowListens();
  });

  it('end a run soon that goes through nodes which never say that they are done, or take its id away', async () => {
    const rule = [{ t: 'else' }];
    await lab.nodeRed.deploy(
      rewired(
        [
          {
            id: 'sw',
            type: 'switch',
            property: 'payload',
            propertyType: 'msg',
            rules: rule,
            outputs: 1,
            wires: [['m']],
          },
          model,
        ],
        'sw',
      ),
    );
    await lab.untilFlowListens();
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    await reached('succeeded');
    await lab.nodeRed.deploy(
      rewired(
        [
          { id: 'sp', type: 'split', splt: '\\n', spltType: 'str', arraySplt: 4, arraySpltType: 'len', wires: [['m']] },
          model,
        ],
        'sp',
      ),
    );
    await lab.untilFlowListens();
    const { runs } = await settledCounters();
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    const after = await settledCounters();
    assert.equal(after.runs, runs + 2, 'what came, and what was split off');
    await lab.nodeRed.deploy([...flow]);
  });

  it('fail by an error that a node only tells, with a catch and without one', async () => {
    const failing = {
      id: 'm',
      type: 'function',
      func: 'node.error("told", msg); node.done();',
      outputs: 1,
      wires: [['out']],
    };
    const untold = { ...failing, func: 'node.error("only told"); node.send(msg); node.done();' };
    for (const [node, message] of [
      [failing, 'told'],
      [untold, 'only told'],
    ] as const) {
      await lab.nodeRed.deploy(rewired([node], 'm'));
      await lab.untilFlowListens();
      await settledCounters();
      await lab.mqtt.publish('in', 1);
      const failed = await reached('failed');
      assert.deepEqual([failed.error?.message, failed.failedAt], [message, 'm']);
    }
    await lab.nodeRed.deploy([...flow]);
    await lab.untilFlowListens();
  });

  it('tell how long each node takes while somebody asks', async () => {
    const nodes = async () => (await call<{ items: PipelineNodeView[] }>('GET', `/${id}/nodes`)).items;
    await nodes();
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    const [figures] = (await nodes()).filter(({ node }) => node === 'model');
    assert.ok(figures && figures.p50Ms !== null && figures.p50Ms > 0, JSON.stringify(figures));
    assert.deepEqual([figures.received, figures.failed, figures.sampled, figures.payload], [1, 0, false, '[1,2,3,4]']);
  });

  it('are followed node by node while somebody asks, and not before', async () => {
    const first = async () => (await call<{ items: PipelineRunView[] }>('GET', `/${id}/runs`)).items[0];
    const ended = () =>
      waitFor(async () => {
        const run = await first();
        return run && run.state !== 'running' ? run : undefined;
      });
    await settledCounters();
    const earlier = (await first())?.id;
    await call('GET', `/${id}/nodes`);
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    const { id: runId, timed } = await ended();
    assert.deepEqual([runId !== earlier, timed], [true, true]);
    const { steps = [] } = await call<PipelineRunView>('GET', `/${id}/runs/${runId}`);
    assert.deepEqual(
      steps.map(({ node, type, payload, error, held }) => [node, type, payload, error, held]),
      [
        ['model', 'onnx-model', '[1,2,3,4]', null, false],
        ['out', 'mqtt out', '[2,3,4,5]', null, false],
      ],
    );
    assert.ok(
      steps.every(({ durationMs }) => durationMs !== null && durationMs > 0),
      JSON.stringify(steps),
    );
    await lab.mqtt.publish('in', ['no', 'numbers']);
    const failed = await waitFor(async () => {
      const run = await first();
      return run?.state === 'failed' ? run : undefined;
    });
    const failure = await call<PipelineRunView>('GET', `/${id}/runs/${failed.id}`);
    assert.deepEqual(
      failure.steps?.flatMap(({ node, error }) => (error === null ? [] : [[node, error]])),
      [['model', failed.error?.message]],
    );
    for (const path of ['pipelines', `pipelines/${id}/runs`, `pipelines/${id}/results`, `pipelines/${id}/nodes`]) {
      await assertSortsByEveryField((list) => lab.nodeRed.api('GET', list), path);
    }
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    await reached('succeeded');
  });

  it('keep inputs to test with, and show a dry run apart from what counts', async () => {
    const path = `/${id}/tests`;
    const saved = await call('PUT', `${path}/${encodeURIComponent('four ones')}`, {
      payload: [1, 1, 1, 1],
      nodeId: 'in',
    });
    assert.deepEqual(saved, { name: 'four ones', payload: [1, 1, 1, 1], nodeId: 'in' });
    await call('PUT', `${path}/none`, { payload: null });
    assert.deepEqual(
      (await call<{ items: { name: string }[] }>('GET', `${path}?sort=name`)).items.map(({ name }) => name),
      ['four ones', 'none'],
    );
    assert.equal((await lab.nodeRed.api('DELETE', `pipelines${path}/none`)).status, 204);
    assert.equal((await lab.nodeRed.api('DELETE', `pipelines${path}/none`)).status, 404);
    assert.equal(
      (await lab.nodeRed.api('PUT', `pipelines${path}/${encodeURIComponent('a/b')}`, { payload: 1 })).status,
      400,
    );
    const before = await settledCounters();
    const { runId } = await call<{ runId: string }>('POST', `/${id}/test`, { payload: 'no numbers', nodeId: 'in' });
    const run = await waitFor(async () => {
      const found = await call<PipelineRunView>('GET', `/${id}/runs/${runId}`);
      return found.state === 'running' ? undefined : found;
    });
    assert.deepEqual([run.state, run.dryRun], ['failed', true]);
    assert.deepEqual(await settledCounters(), before, 'a dry run counts for nothing');
    assert.notEqual((await get()).state, 'failed');
  });

  it('show a test at once that leads nowhere', async () => {
    await lab.nodeRed.deploy(flow.map((node) => (node.id === 'in' ? { ...node, wires: [] } : node)) as FlowNode[]);
    const { runId } = await call<{ runId: string }>('POST', `/${id}/test`, { payload: 1, nodeId: 'in' });
    assert.equal((await call<PipelineRunView>('GET', `/${id}/runs/${runId}`)).dryRun, true);
    await lab.nodeRed.deploy([...flow]);
    await lab.untilFlowListens();
  });
});
