import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeFigures } from '../../../lib/pipeline/node/node-figures';
import type { Model } from '../../../lib/registry/types';
import { inBursts, modelFlow } from '../../support/flows';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel, irisModel, loopModel, twoInputModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly payload: unknown;
}

describe(`the node onnx-model in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  /** Asks until there is an answer: as long as there is no model, every message is an error. */
  const firstAnswer = async (): Promise<unknown> => {
    await waitFor(
      async () => {
        const before = lab.mqtt.on('out').length;
        await lab.mqtt.publish('in', [1, 2, 3, 4]);
        return waitFor(() => lab.mqtt.on('out').length > before, { timeoutMs: 500 });
      },
      { what: 'an answer' },
    );
    return lab.mqtt.on('out').at(-1);
  };

  it('turns objects into rows by the features of the version, and answers with its labels', async () => {
    await lab.upload('iris', irisModel());
    await lab.deployFlow('iris', { node: { format: 'label' } });
    const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
    const answer = (await lab.mqtt.ask('in', flower, 'out')) as { label: string; score: number };
    assert.match(answer.label, /^(setosa|versicolor|virginica)$/);
    assert.ok(answer.score > 0 && answer.score <= 1);
    assert.equal(((await lab.mqtt.ask('in', [flower, flower], 'out')) as unknown[]).length, 2);
    const { sepal_width: _, ...incomplete } = flower;
    const failure = (await lab.mqtt.ask('in', [flower, incomplete], 'errors')) as Failure;
    assert.match(failure.message, /sepal_width/);
    assert.match(failure.message, /1/, 'names the row');
  });

  it('gives an error with the code for each bad payload, leaves the message as it came, and goes on', async () => {
    await lab.upload('plus', addModel(1));
    await lab.deployFlow('plus');
    for (const payload of [
      'text',
      null,
      [1, 2, 3],
      [[1, 2, 3, 4], [1]],
      [1, 2, 'x', 4],
      {},
      [[[1, 2, 3, 4]]],
      7,
      true,
    ]) {
      const failure = (await lab.mqtt.ask('in', JSON.stringify(payload), 'errors')) as Failure;
      assert.equal(failure.code, 'INVALID_INPUT', JSON.stringify(failure));
      assert.deepEqual(failure.payload, payload);
    }
    assert.deepEqual(await lab.mqtt.ask('in', [1, 2, 3, 4], 'out'), [2, 3, 4, 5]);
    assert.deepEqual(await lab.mqtt.ask('in', [], 'out'), []);
  });

  it('takes its inputs from where the table says, and gives all outputs by name', async () => {
    await lab.upload('two', twoInputModel());
    const inputMap = [
      { input: 'a', value: 'payload.first', valueType: 'msg' },
      { input: 'b', value: '$map(payload.second, function($v) { $v * 2 })', valueType: 'jsonata' },
    ];
    await lab.deployFlow('two', { node: { inputMap, result: { mode: 'all', names: [] } } });
    const answer = await lab.mqtt.ask('in', { first: [1.5, 2.5], second: [10, 20] }, 'out');
    assert.deepEqual(answer, { sum: [21.5, 42.5], count: [20, 40] });
    const failure = (await lab.mqtt.ask('in', { first: [1, 2] }, 'errors')) as Failure;
    assert.equal(failure.code, 'INVALID_INPUT');
  });

  it('says that there is no model, and recovers by itself when it is uploaded, deleted and uploaded again', async () => {
    await lab.deployFlow('later');
    assert.equal(((await lab.mqtt.ask('in', [1, 2, 3, 4], 'errors')) as Failure).code, 'MODEL_NOT_FOUND');
    await lab.upload('later', addModel(1));
    assert.deepEqual(await firstAnswer(), [2, 3, 4, 5]);

    const refused = await lab.nodeRed.api<{
      error: { code: string; usedBy: { kind: string; name: string; tab: string }[] };
    }>('DELETE', 'models/later');
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'IN_USE']);
    assert.deepEqual(
      refused.body.error.usedBy.map(({ kind, name, tab }) => ({ kind, name, tab })),
      [{ kind: 'node', name: 'the model', tab: 'Test tab' }],
    );

    assert.equal((await lab.nodeRed.api('DELETE', 'models/later?force=true')).status, 204);
    assert.equal(((await lab.mqtt.ask('in', [1, 2, 3, 4], 'errors')) as Failure).code, 'MODEL_NOT_FOUND');
    const version = await lab.upload('later', addModel(5));
    assert.equal(version.version, 2, 'numbers are never used again');
    assert.deepEqual(await firstAnswer(), [6, 7, 8, 9]);
  });

  it('follows an alias of its own, and a fixed number', async () => {
    await lab.upload('pinned', addModel(1));
    await lab.upload('pinned', addModel(2), 'alias=canary');
    await lab.deployFlow('pinned', { node: { version: 'canary' } });
    assert.deepEqual(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out'), [2, 2, 2, 2]);
    const moved = await lab.nodeRed.api<Model>('PUT', 'models/pinned/aliases/canary', { version: 1 });
    assert.equal(moved.status, 200, moved.text);
    assert.deepEqual(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out'), [1, 1, 1, 1]);
    await lab.deployFlow('pinned', { node: { version: '2' } });
    assert.deepEqual(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out'), [2, 2, 2, 2]);
    await lab.setDeployed('pinned', 1);
    assert.deepEqual(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out'), [2, 2, 2, 2]);
  });

  it('refuses messages beyond its queue, and gives up at its time limit', async () => {
    await lab.upload('slow', loopModel());
    const inputMap = [
      { input: 'n', value: 'payload', valueType: 'msg' },
      { input: 'x', value: '[7]', valueType: 'json' },
    ];
    const node = { inputMap, queue: { max: 2, overflow: 'error' } };
    await lab.nodeRed.deploy(inBursts(modelFlow({ model: 'slow', brokerPort: lab.broker.port, node })));
    await lab.untilFlowListens();
    assert.deepEqual(await lab.mqtt.ask('in', [1], 'out'), [7]);
    const before = { out: lab.mqtt.on('out').length, errors: lab.mqtt.on('errors').length };
    await lab.mqtt.publish('in', new Array(10).fill(300_000));
    await waitFor(() => lab.mqtt.on('out').length + lab.mqtt.on('errors').length >= before.out + before.errors + 10);
    const codes = (lab.mqtt.on('errors') as Failure[]).slice(before.errors).map(({ code }) => code);
    assert.deepEqual(
      [lab.mqtt.on('out').length - before.out, codes],
      [3, Array.from({ length: 7 }, () => 'QUEUE_FULL')],
    );
    const health = await lab.nodeRed.api<{ nodes: readonly NodeFigures[] }>('GET', 'health');
    assert.deepEqual(health.body.nodes, [
      {
        id: 'model',
        type: 'onnx-model',
        ...{ answered: 4, failed: 7, refused: 7, dropped: 0, droppedRounds: 0, unusedResults: 0 },
      },
    ]);
    const metrics = await lab.nodeRed.api('GET', 'metrics');
    assert.match(metrics.text, /^model_management_node_refused_total\{node="model",type="onnx-model"\} 7$/m);

    await lab.deployFlow('slow', { node: { inputMap, timeoutMs: 50 } });
    assert.equal(((await lab.mqtt.ask('in', 2_000_000, 'errors')) as Failure).code, 'TIMEOUT');
  });

  it('runs a model file below the user directory, loads it again when it changes, and never leaves that directory', async () => {
    const { userDir } = lab.nodeRed;
    await mkdir(join(userDir, 'models'), { recursive: true });
    const file = join(userDir, 'models', 'own.onnx');
    await writeFile(file, buildModel(addModel(1)));
    await lab.deployFlow('', { node: { source: 'file', file: 'models/own.onnx' } });
    assert.deepEqual(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out'), [1, 1, 1, 1]);

    await writeFile(`${file}.new`, buildModel(addModel(2)));
    await rename(`${file}.new`, file);
    await waitFor(async () => JSON.stringify(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out')) === '[2,2,2,2]');
    await writeFile(file, 'no model at all');
    await waitFor(() => lab.nodeRed.log.includes('INVALID_MODEL'));
    assert.deepEqual(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out'), [2, 2, 2, 2], 'the old one stays in service');

    await using outside = await temporaryFolder();
    await writeFile(join(outside.path, 'secret.onnx'), buildModel(addModel(9)));
    await symlink(join(outside.path, 'secret.onnx'), join(userDir, 'models', 'link.onnx'));
    for (const path of ['models/link.onnx', '../secret.onnx', join(outside.path, 'secret.onnx')]) {
      await lab.deployFlow('', { node: { source: 'file', file: path } });
      const { code } = (await lab.mqtt.ask('in', [0, 0, 0, 0], 'errors')) as Failure;
      assert.match(code, /^(INVALID_INPUT|MODEL_NOT_FOUND)$/, path);
    }
    await rm(join(userDir, 'models'), { recursive: true });
  });
});
