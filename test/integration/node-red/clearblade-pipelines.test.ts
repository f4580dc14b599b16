import assert from 'node:assert/strict';
import type { ClearbladeImport } from '../../../lib/pipeline/clearblade';
import {
  aPipelineRow,
  asynchronicityRow,
  basicAlgebraRow,
  haltingSubscriptionRow,
  type PipelineRowJson,
  publishInTheMiddleRow,
  quickPipelineRow,
} from '../../support/clearblade-rows';
import { modelFlow } from '../../support/flows';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { irisModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

/** Written as for the original: a global constructor whose instance has `exec` as its own property. */
const libraries: Readonly<Record<string, string>> = {
  pipelib_add: 'return input.a + input.b;',
  pipelib_subtract: 'return input.a - input.b;',
  pipelib_multiply: "return input['c0ffee00-add'] * input['c0ffee00-sub'];",
  pipelib_double: 'return input === undefined ? null : input * 2;',
  pipelib_classify: "return input.length > 3.5 ? 'long' : 'short';",
  pipelib_count: 'this.count = (this.count || 0) + 1; return this.count;',
  pipelib_keys: 'return Object.keys(input);',
  pipelib_fail: "if (input === 'bad') throw new Error('no such thing'); return input;",
  pipelib_wait5Sec: `
    const startedAt = Date.now();
    return new Promise((resolve) => setTimeout(() => resolve({ input, startedAt, endedAt: Date.now() }), 5000));`,
};
const sourceOf = (name: string, body: string): string =>
  `function ${name}() {\n  this.exec = function (input) {\n    ${body}\n  };\n}\n`;

const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2, species: 'setosa' };
const row = Object.values(flower).slice(0, 4);

describe(`pipelines of the original, imported into Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    await lab.upload('iris', irisModel());
    for (const [name, body] of Object.entries(libraries)) {
      const answer = await lab.nodeRed.api('PUT', `libraries/${name}`, { source: sourceOf(name, body) });
      assert.equal(answer.status, 200, answer.text);
    }
  });
  after(() => lab?.[Symbol.asyncDispose]());

  /** Imports by the route and deploys what it answers; beside it what tells that the flow listens, and its errors. */
  const deploy = async (pipeline: PipelineRowJson): Promise<void> => {
    const answer = await lab.nodeRed.api<ClearbladeImport>('POST', 'import/clearblade', { pipelines: [pipeline] });
    assert.equal(answer.status, 200, answer.text);
    const { flows } = answer.body;
    const [tab, broker] = ['tab', 'mqtt-broker'].map((type) => flows.find((entry) => entry.type === type)?.id);
    const watch = modelFlow({ model: '', brokerPort: 0 }).filter(({ id }) => /^(?:catch|report|errors|probe)/.test(id));
    await lab.nodeRed.deploy([
      ...flows.map((entry) =>
        entry.id === broker ? { ...entry, broker: '127.0.0.1', port: String(lab.broker.port) } : entry,
      ),
      ...watch.map((entry) => ({ ...entry, z: tab, ...(entry['broker'] ? { broker } : {}) })),
    ] as FlowNode[]);
    await lab.untilFlowListens();
  };

  it('the quick pipeline, which failed in the original until it was saved again, answers the first output', async () => {
    await deploy(quickPipelineRow());
    await using answers = await MqttListener.on(lab.broker, ['iris/write']);
    const expected = await lab.nodeRed.api<{ payload: unknown }>('POST', 'models/iris/versions/1/infer', {
      payload: [row, row],
    });
    assert.deepEqual(await answers.ask('iris/read', [row, row], 'iris/write'), expected.body.payload);
  });

  it('a model that uses features takes them in their order from each object, and ignores other keys', async () => {
    const quick = quickPipelineRow();
    const metadata = { model: 'iris', usingFeatures: true, features: Object.keys(flower).slice(0, 4) };
    const ModelStep = { ...(quick.steps['ModelStep'] as (typeof quick.steps)[string]), metadata };
    await deploy({ ...quick, steps: { ...quick.steps, ModelStep } });
    await using answers = await MqttListener.on(lab.broker, ['iris/write']);
    const expected = await lab.nodeRed.api<{ payload: unknown }>('POST', 'models/iris/versions/1/infer', {
      payload: [row, row],
    });
    assert.deepEqual(await answers.ask('iris/read', [flower, flower], 'iris/write'), expected.body.payload);
    const { petal_width, ...without } = flower;
    const error = (await lab.mqtt.ask('iris/read', [flower, without], 'errors')) as { message: string };
    assert.match(error.message, /petal_width/);
  });

  it('Asynchronicity: five libraries wait five seconds side by side, and the outbound joins them', async () => {
    await deploy(asynchronicityRow());
    await using answers = await MqttListener.on(lab.broker, ['etc/write/stream']);
    const answer = await answers.ask('etc/read/stream', { n: 7 }, 'etc/write/stream', 40_000);
    type Wait = { readonly input: unknown; readonly startedAt: number; readonly endedAt: number };
    const waits = answer as Readonly<Record<string, Wait>>;
    // The original published an array in the order of `prev`; the object holds the same values in the same order.
    assert.deepEqual(Object.keys(waits), ['w1', 'w2', 'w3', 'w4', 'w5']);
    for (const { input } of Object.values(waits)) assert.deepEqual(input, { n: 7 });
    const lastStart = Math.max(...Object.values(waits).map(({ startedAt }) => startedAt));
    const firstEnd = Math.min(...Object.values(waits).map(({ endedAt }) => endedAt));
    assert.ok(lastStart < firstEnd, 'they wait at the same time');
  });

  it('Basic Algebra: a library with two parents reads their results by the ids of the steps', async () => {
    await deploy(basicAlgebraRow());
    await using answers = await MqttListener.on(lab.broker, ['algebra/write']);
    assert.equal(await answers.ask('algebra/read', { a: 7, b: 3 }, 'algebra/write'), 40);
    const pairs = Array.from({ length: 50 }, (_, index) => ({ a: index + 2, b: index }));
    const before = answers.on('algebra/write').length;
    for (const pair of pairs) await answers.publish('algebra/read', pair);
    await waitFor(() => answers.on('algebra/write').length === before + pairs.length);
    const products = pairs.map(({ a, b }) => (a + b) * (a - b));
    assert.deepEqual(answers.on('algebra/write').slice(before), products, 'no two runs are mixed');
  });

  it('Halting subscription: holds each run until the next message, and passes that alone', async () => {
    await deploy(haltingSubscriptionRow());
    await using answers = await MqttListener.on(lab.broker, ['halt/write']);
    await answers.publish('halt/approve', { by: 'too early' });
    await answers.publish('halt/read', { run: 1 });
    await answers.publish('halt/read', { run: 2 });
    // As in the original, one message lets all runs go that wait by then.
    const approval = async (): Promise<boolean> => {
      await answers.publish('halt/approve', { by: 'me' });
      return answers.on('halt/write').length > 0;
    };
    await waitFor(approval, { intervalMs: 50 });
    await waitFor(() => answers.on('halt/write').length === 2);
    assert.deepEqual(answers.on('halt/write'), [{ by: 'me' }, { by: 'me' }]);
    await answers.publish('halt/approve', { by: 'nobody' });
    await answers.publish('halt/read', { run: 3 });
    await lab.untilFlowListens();
    assert.equal(answers.on('halt/write').length, 2, 'a message that came before a run does not count for it');
    assert.deepEqual(
      lab.mqtt.on('errors').filter((error) => JSON.stringify(error).includes('JOIN')),
      [],
    );
  });

  it('a branch that was held is joined with the other branch of its own run', async () => {
    const steps = {
      InboundStep: { nodeType: 'INBOUND', metadata: { topic: 'late/read' } },
      quick: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_double' } },
      hold: { nodeType: 'MQTTSUB', metadata: { topic: 'late/go' } },
      OutboundStep: { nodeType: 'OUTBOUND', metadata: { topic: 'late/write' } },
    };
    const edges = ['InboundStep>quick', 'InboundStep>hold', 'quick>OutboundStep', 'hold>OutboundStep'];
    await deploy(aPipelineRow('late', steps, edges));
    await using answers = await MqttListener.on(lab.broker, ['late/write']);
    for (const number of [1, 2, 3]) await answers.publish('late/read', number);
    const all = async (): Promise<boolean> => {
      await answers.publish('late/go', 7);
      return answers.on('late/write').length === 3;
    };
    await waitFor(all, { intervalMs: 50 });
    assert.deepEqual(
      answers.on('late/write'),
      [1, 2, 3].map((number) => ({ quick: 2 * number, hold: 7 })),
    );
  });

  it('an MQTTPUB in the middle publishes, and its child gets the same value instead of nothing', async () => {
    await deploy(publishInTheMiddleRow());
    await using answers = await MqttListener.on(lab.broker, ['middle/report', 'middle/write']);
    assert.equal(await answers.ask('middle/read', 21, 'middle/write'), 84);
    await waitFor(() => answers.on('middle/report').length > 0);
    assert.deepEqual(answers.on('middle/report'), [42]);
  });

  it('publishes JSON, so a text stands in quotes as in the original', async () => {
    const steps = {
      InboundStep: { nodeType: 'INBOUND', metadata: { topic: 'kind/read' } },
      classify: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_classify' } },
      OutboundStep: { nodeType: 'OUTBOUND', metadata: { topic: 'kind/write' } },
    };
    await deploy(aPipelineRow('kinds', steps, ['InboundStep>classify', 'classify>OutboundStep']));
    const raw: string[] = [];
    await using answers = await MqttListener.on(lab.broker, ['kind/write']);
    answers.client.on('message', (_topic, payload) => raw.push(payload.toString()));
    await answers.publish('kind/read', { length: 5 });
    await waitFor(() => raw.length > 0);
    assert.deepEqual(raw, ['"long"']);
  });

  it('runs each node once per message, and two nodes share one library that holds state', async () => {
    const count = { nodeType: 'LIBRARY', metadata: { library: 'pipelib_count' } };
    const steps = {
      InboundStep: { nodeType: 'INBOUND', metadata: { topic: 'count/read' } },
      first: count,
      left: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_double' } },
      right: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_double' } },
      both: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_keys' } },
      second: count,
      OutboundStep: { nodeType: 'OUTBOUND', metadata: { topic: 'count/write' } },
    };
    const edges = [
      'InboundStep>first',
      'first>left',
      'first>right',
      'left>both',
      'right>both',
      'both>OutboundStep',
      'both>second',
      'second>OutboundStep',
    ];
    await deploy(aPipelineRow('diamond', steps, edges));
    await using answers = await MqttListener.on(lab.broker, ['count/write']);
    assert.deepEqual(await answers.ask('count/read', 0, 'count/write'), { both: ['left', 'right'], second: 2 });
    assert.deepEqual(await answers.ask('count/read', 0, 'count/write'), { both: ['left', 'right'], second: 4 });
  });

  it('one bad message stops nothing: neither one that is no JSON nor one that a library throws at', async () => {
    const steps = {
      InboundStep: { nodeType: 'INBOUND', metadata: { topic: 'bad/read' } },
      fail: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_fail' } },
      OutboundStep: { nodeType: 'OUTBOUND', metadata: { topic: 'bad/write' } },
    };
    await deploy(aPipelineRow('bad messages', steps, ['InboundStep>fail', 'fail>OutboundStep']));
    await using answers = await MqttListener.on(lab.broker, ['bad/write']);
    const errorsBefore = lab.mqtt.on('errors').length;
    await answers.publish('bad/read', '{"no json');
    await answers.publish('bad/read', '"bad"');
    assert.equal(await answers.ask('bad/read', '"good"', 'bad/write'), 'good');
    await waitFor(() => lab.mqtt.on('errors').length === errorsBefore + 2, { what: 'both errors at the catch' });
    assert.match(JSON.stringify(lab.mqtt.on('errors').slice(errorsBefore)), /no such thing/);
  });

  it('a library without parents runs on {} for each message', async () => {
    const steps = {
      InboundStep: { nodeType: 'INBOUND', metadata: { topic: 'free/read' } },
      free: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_keys' } },
      OutboundStep: { nodeType: 'OUTBOUND', metadata: { topic: 'free/write' } },
    };
    await deploy(aPipelineRow('free', steps, ['InboundStep>OutboundStep', 'free>OutboundStep']));
    await using answers = await MqttListener.on(lab.broker, ['free/write']);
    assert.deepEqual(await answers.ask('free/read', { a: 1 }, 'free/write'), { InboundStep: { a: 1 }, free: [] });
  });
});
