import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineResultView, PipelineRunView, PipelineView } from '../../../lib/pipeline/pipelines/views';
import type { Version } from '../../../lib/registry/types';
import { modelFlow } from '../../support/flows';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { pipelineCalls, startPlusPipeline } from '../../support/pipeline-calls';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

describe(`pipelines in Node-RED ${nodeRedMajor}`, function () {
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

  it('are listed with what they hold, and their state follows their runs', async () => {
    const { items } = await call<{ items: PipelineView[] }>('GET', '');
    assert.deepEqual(
      items.map(({ id: tab, models, inbound }) => [tab, models, inbound.includes('in')]),
      [[id, ['plus'], true]],
    );
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    const succeeded = await reached('succeeded');
    assert.ok(succeeded.counters.runs > 0);
    const { failed } = succeeded.counters;
    await lab.mqtt.publish('in', ['no', 'numbers']);
    const broken = await reached('failed');
    assert.equal(broken.counters.failed, failed + 1);
    assert.equal(broken.error?.code, 'INVALID_INPUT', JSON.stringify(broken.error));
    assert.equal(flow.find((node) => node.id === broken.failedAt)?.type, 'onnx-model');
    const run = await call<PipelineRunView>('GET', `/${id}/runs/${broken.error?.runId}`);
    assert.deepEqual([run.state, run.error?.node], ['failed', broken.failedAt]);
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    const again = await reached('succeeded');
    assert.equal(again.counters.failed, failed + 1, 'a success hides no failure');
  });

  it('keep their last results, those the broker took and those it did not, over a restart', async () => {
    const answer = await lab.mqtt.ask('in', [5, 6, 7, 8], 'out');
    const results = () => call<{ items: PipelineResultView[] }>('GET', `/${id}/results`);
    const published = await waitFor(async () => {
      const [newest] = (await results()).items.filter(({ topic }) => topic === 'out');
      return newest?.state === 'published' ? newest : undefined;
    });
    assert.deepEqual([published.topic, published.payload], ['out', answer]);
    assert.ok((await results()).items.length <= 25);
    const stored = join(lab.nodeRed.userDir, 'model-management', 'db', 'pipelines.db');
    await waitFor(async () => (await readFile(stored, 'utf8')).includes(published.runId), { what: 'it to be stored' });
    await lab.nodeRed.restart();
    const kept = (await results()).items.find(({ runId }) => runId === published.runId);
    assert.deepEqual(kept, published);
  });

  it('account for every run of a flood', async () => {
    await lab.untilFlowListens();
    const before = await settledCounters();
    const from = lab.mqtt.on('out').length;
    for (let sent = 0; sent < 5_000; ) {
      for (const end = sent + 500; sent < end; sent += 1) await lab.mqtt.publish('in', [sent, 0, 0, 0]);
      await waitFor(() => lab.mqtt.on('out').length >= from + sent, { what: 'the answers', intervalMs: 5 });
    }
    const after = await settledCounters();
    assert.deepEqual(after, { ...before, runs: before.runs + 5_000 }, 'each succeeded');
  });

  it('stop and start by themselves, and nothing else of the flows changes', async () => {
    await lab.untilFlowListens();
    const before = await flowsNow();
    const stopped = await call<PipelineView>('POST', `/${id}/stop`);
    assert.equal(stopped.state, 'idle');
    const { length } = lab.mqtt.on('out');
    await lab.mqtt.publish('in', [1, 2, 3, 4]);
    const idle = await flowsNow();
    assert.deepEqual(
      idle,
      before.map((node) => (node.id === id ? { ...node, disabled: true } : node)),
    );
    await call('POST', `/${id}/start`);
    await lab.untilFlowListens();
    assert.deepEqual(
      await flowsNow(),
      before.map((node) => (node.id === id ? { ...node, disabled: false } : node)),
    );
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    assert.equal(lab.mqtt.on('out').length, length + 1, 'what came while it was stopped was not answered');
    assert.equal((await call<PipelineView>('POST', `/${id}/restart`)).state, 'listening');
    await lab.untilFlowListens();
  });

  it('say what a start would need, before anything is stored', async () => {
    const unknown = { id: 'unknown', type: 'no-such-node', z: id, x: 10, y: 10, wires: [] };
    const all = await flowsNow();
    await lab.nodeRed.request('POST', 'flows', [...all, unknown]);
    const broken = await reached('failed_initializing');
    assert.match(broken.error?.message ?? '', /no-such-node/);
    const before = await flowsNow();
    const refused = await lab.nodeRed.api<{ error: { code: string; message: string } }>('POST', `pipelines/${id}/stop`);
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'FLOWS_NOT_RUNNING'], refused.text);
    assert.match(refused.body.error.message, /no-such-node/);
    assert.deepEqual(await flowsNow(), before);
    await lab.nodeRed.deploy(all);
    await lab.untilFlowListens();
    assert.notEqual((await get()).state, 'failed_initializing');
  });

  it('say that a model is missing, and which pipelines share a topic', async () => {
    const copy = modelFlow({ model: 'nothing', brokerPort: lab.broker.port }).map((node) => ({
      ...node,
      id: `copy-${node.id}`,
      ...(node['z'] ? { z: `copy-${node['z']}` } : {}),
      ...(node['broker'] && node.type !== 'mqtt-broker' ? { broker: `copy-${node['broker']}` } : {}),
      ...(Array.isArray(node['wires'])
        ? { wires: (node['wires'] as string[][]).map((ids) => ids.map((to) => `copy-${to}`)) }
        : {}),
    }));
    await lab.nodeRed.deploy([...flow, ...copy] as FlowNode[]);
    const { items } = await call<{ items: PipelineView[] }>('GET', '?sort=id');
    const lame = items.find((item) => item.id === `copy-${id}`);
    assert.equal(lame?.state, 'failed_initializing');
    assert.deepEqual([lame?.error?.code, lame?.error?.node.startsWith('copy-')], ['MODEL_MISSING', true]);
    assert.ok(lame?.problems.some(({ code }) => code === 'INBOUND_SHARED'));
    await lab.nodeRed.deploy([...flow]);
  });

  it('say that no version is deployed or has the alias, or that it does not load, until one answers', async () => {
    const lame = async (version: string, code: string) => {
      // A new one: nothing ran in it.
      await lab.nodeRed.deploy([]);
      await lab.nodeRed.deploy(modelFlow({ model: 'late', brokerPort: lab.broker.port, node: { version } }));
      await waitFor(async () => (await get()).error?.code === code, { what: code });
      const { state, error, problems } = await get();
      assert.deepEqual([state, error?.node], ['failed_initializing', 'model']);
      assert.deepEqual([problems[0]?.message, problems[0]?.name], [error?.message, 'late']);
      return error?.message ?? '';
    };
    const socket = new WebSocket(`${lab.nodeRed.url.replace('http', 'ws')}comms`);
    await once(socket, 'open');
    let told = 0;
    socket.onmessage = ({ data }) => {
      if (String(data).includes(`"id":"${id}"`)) told += 1;
    };
    socket.send(JSON.stringify({ subscribe: 'model-management/pipelines' }));
    assert.equal((await lab.nodeRed.api('POST', 'models', { name: 'late' })).status, 201);
    assert.match(await lame('deployed', 'VERSION_MISSING'), /No version of late is deployed/);
    const { length } = lab.mqtt.on('out');
    // What the deploy itself tells comes first.
    let before = -1;
    const isQuiet = () => {
      const isSame = told === before;
      before = told;
      return isSame;
    };
    await waitFor(isQuiet, { what: 'nothing more to be told', intervalMs: 1_500 });
    await lab.upload('late', addModel(2), '');
    assert.deepEqual(await reached('listening').then(({ problems }) => problems), []);
    await waitFor(() => told > before, { what: 'open editors to be told' });
    socket.close();
    await lab.untilFlowListens();
    assert.deepEqual(await lab.mqtt.ask('in', [1, 2, 3, 4], 'out'), [3, 4, 5, 6]);
    assert.equal(lab.mqtt.on('out').length, length + 1);

    assert.match(await lame('candidate', 'VERSION_MISSING'), /no alias candidate/);
    assert.equal((await lab.nodeRed.api('PUT', 'models/late/aliases/candidate', { version: 1 })).status, 200);
    await reached('listening');

    const { digest } = (await lab.nodeRed.api<Version>('GET', 'models/late/versions/1')).body;
    const hex = digest.slice('sha256:'.length);
    const file = join(lab.nodeRed.userDir, 'model-management', 'blobs', 'sha256', hex.slice(0, 2), hex);
    await rename(file, `${file}.away`);
    await lab.nodeRed.restart();
    await waitFor(async () => (await get()).error?.code === 'MODEL_NOT_LOADED', { what: 'it not to load' });
    await rename(`${file}.away`, file);
    await waitFor(async () => (await get()).problems.length === 0, { what: 'it to load' });
    await lab.nodeRed.deploy([...flow]);
    await lab.untilFlowListens();
  });

  it('say that a model file is not there or does not load, until it is mended', async () => {
    await lab.nodeRed.deploy([]);
    const node = { source: 'file', file: 'late.onnx' };
    await lab.nodeRed.deploy(modelFlow({ model: '', brokerPort: lab.broker.port, node }));
    const missing = await reached('failed_initializing');
    assert.deepEqual(
      missing.problems.map(({ code, name, node: id }) => [code, name, id]),
      [['MODEL_MISSING', 'late.onnx', 'model']],
    );
    const file = join(lab.nodeRed.userDir, 'late.onnx');
    await writeFile(file, 'no model at all');
    await waitFor(async () => (await get()).error?.code === 'MODEL_NOT_LOADED', { what: 'it not to load' });
    await writeFile(`${file}.new`, buildModel(addModel(3)));
    await rename(`${file}.new`, file);
    assert.deepEqual((await reached('listening')).problems, []);
    await lab.nodeRed.deploy([...flow]);
    await lab.untilFlowListens();
    await rm(file);
  });

  it('stop when they are told to amid a restart', async () => {
    const restarting = lab.nodeRed.api('POST', `pipelines/${id}/restart`);
    const stopping = lab.nodeRed.api('POST', `pipelines/${id}/stop`);
    assert.deepEqual([(await restarting).status, (await stopping).status], [202, 202]);
    assert.equal((await get()).state, 'idle');
    await call('POST', `/${id}/start`);
    await lab.untilFlowListens();
  });

  it('have their results of the last moment after an orderly end', async () => {
    const answer = await lab.mqtt.ask('in', [9, 9, 9, 9], 'out');
    const newest = async () => {
      const { items } = await call<{ items: PipelineResultView[] }>('GET', `/${id}/results?limit=1`);
      return items[0];
    };
    await waitFor(async () => (await newest())?.state === 'published');
    const last = await newest();
    assert.deepEqual(last?.payload, answer);
    await lab.nodeRed.restart();
    const { items } = await call<{ items: PipelineResultView[] }>('GET', `/${id}/results?limit=1000`);
    assert.ok(items.some(({ runId }) => runId === last?.runId));
    await lab.untilFlowListens();
  });

  it('are copied with other topics and work, and are deleted for themselves', async () => {
    const { flow: copy } = await call<{ flow: FlowNode[] }>('POST', `/${id}/duplicate`, {
      name: 'the copy',
      topics: { in: 'in-2', probe: 'probe-2' },
    });
    const copyId = copy.find(({ type }) => type === 'tab')?.id ?? '';
    const before = await flowsNow();
    await lab.nodeRed.deploy([...before, ...copy] as FlowNode[]);
    await waitFor(async () => {
      await lab.mqtt.publish('probe-2', 'second');
      return lab.mqtt.on('probe-answer').includes('second');
    });
    assert.deepEqual(await lab.mqtt.ask('in-2', [1, 2, 3, 4], 'out'), [2, 3, 4, 5]);
    const deleted = await call<{ flow: FlowNode[] }>('DELETE', `/${copyId}`);
    assert.deepEqual(deleted.flow.map(({ id: node }) => node).sort(), copy.map(({ id: node }) => node).sort());
    assert.deepEqual(await flowsNow(), before);
    assert.equal((await lab.nodeRed.api('GET', `pipelines/${copyId}`)).status, 404);
  });

  it('begin empty: a pipeline that hands on what comes', async () => {
    const { flow: empty } = await call<{ flow: FlowNode[] }>('POST', '/flow', {
      name: 'empty',
      inboundTopic: 'in-3',
      outboundTopic: 'out',
      brokerId: 'broker',
    });
    const before = await flowsNow();
    await lab.nodeRed.deploy([...before, ...empty] as FlowNode[]);
    await waitFor(async () => {
      await lab.mqtt.publish('in-3', ['handed on']);
      return lab.mqtt.on('out').some((payload) => JSON.stringify(payload) === '["handed on"]');
    });
    const made = await call<PipelineView>('GET', `/${empty.find(({ type }) => type === 'tab')?.id}`);
    assert.deepEqual([made.name, made.problems], ['empty', []]);
    assert.equal((await lab.nodeRed.api('POST', 'pipelines/flow', { name: '' })).status, 400);
    assert.equal((await lab.nodeRed.api('POST', 'pipelines/flow', { name: 'x', model: 'none' })).status, 404);
    await lab.nodeRed.deploy(before);
  });

  it('are not there under another id', async () => {
    for (const path of ['', '/runs', '/results', '/runs/x']) {
      const answer = await lab.nodeRed.api<{ error: { code: string } }>('GET', `pipelines/nothing${path}`);
      assert.deepEqual([answer.status, answer.body.error.code], [404, 'PIPELINE_NOT_FOUND'], path);
    }
    for (const action of ['start', 'stop', 'restart', 'test']) {
      const body = action === 'test' ? { payload: 1 } : {};
      const answer = await lab.nodeRed.api<{ error: { code: string } }>('POST', `pipelines/nothing/${action}`, body);
      assert.deepEqual([answer.status, answer.body.error.code], [404, 'PIPELINE_NOT_FOUND'], action);
    }
    const stored = join(lab.nodeRed.userDir, 'model-management', 'db', 'pipelines.db');
    assert.ok(!(await readFile(stored, 'utf8')).includes('nothing'), 'nothing is noted of it');
  });

  // The last one: what waits for the broker is followed for a minute.
  it('GIVEN_a_broker_that_is_down_THEN_a_result_waits_AND_was_not_published_AND_is_no_success', async () => {
    await lab.untilFlowListens();
    const inbound = flow.find(({ type, topic }) => type === 'mqtt in' && topic === 'in')?.id;
    await lab.broker.pause();
    try {
      const test = { payload: [1, 2, 3, 4], nodeId: inbound, dryRun: false, confirm: true };
      const { runId } = await call<{ runId: string }>('POST', `/${id}/test`, test);
      const result = async () => {
        const { items } = await call<{ items: PipelineResultView[] }>('GET', `/${id}/results`);
        return items.find((one) => one.runId === runId);
      };
      const states = new Set<string>();
      await waitFor(
        async () => {
          const { state } = (await result()) ?? {};
          if (state !== undefined) states.add(state);
          return state === 'not_published';
        },
        { timeoutMs: 20_000, what: 'the result to be given up', intervalMs: 100 },
      );
      assert.deepEqual([...states], ['pending', 'not_published']);
      const run = await call<PipelineRunView>('GET', `/${id}/runs/${runId}`);
      assert.notEqual(run.state, 'succeeded');
    } finally {
      await lab.broker.resume();
    }
  });
});
