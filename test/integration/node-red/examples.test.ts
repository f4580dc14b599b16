import assert from 'node:assert/strict';
import type { PipelineRunView } from '../../../lib/pipeline/pipelines/views';
import {
  exampleLibraries,
  exampleModels,
  exampleTitles,
  readExample,
  readExampleLibrary,
  readExampleModel,
} from '../../support/examples';
import { modelFlow } from '../../support/flows';
import { assertFirstIris, type Flower } from '../../support/iris-answers';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { irisRows, TrainingLab } from '../../support/training-lab';
import { waitFor } from '../../support/wait-for';

const flower = { sepal_length: 7, sepal_width: 3.2, petal_length: 4.7, petal_width: 1.4 };
const AREA = (Math.PI / 4) * 4.7 * 1.4;
const near = (actual: unknown, expected: number): void =>
  assert.ok(Math.abs(Number(actual) - expected) < 1e-4, `${JSON.stringify(actual)} is about ${expected}`);

/** The job of the examples that retrain, without a run. */
async function makeJob(training: TrainingLab): Promise<void> {
  await training.nodeRed.api('DELETE', 'jobs/iris_job');
  await training.nodeRed.api('DELETE', 'collections/iris');
  await training.call('POST', 'collections', { name: 'iris' });
  await training.addJob();
}

/** By the title of the example: does what its comment says, and checks what comes back. */
const drives: Readonly<Record<string, (mqtt: MqttListener, training: TrainingLab) => Promise<void>>> = {
  '01 - Quick start': async (mqtt) => {
    const answer = (await mqtt.ask('iris/read', flower, 'iris/write')) as { label: string; score: number };
    assert.equal(answer.label, 'virginica');
    assert.ok(answer.score > 0.5 && answer.score <= 1);
  },
  '02 - Features': async (mqtt) => {
    const rows = [
      { petal_width: 1.4, petal_length: 4.7, bed: 3 },
      { petal_width: 0.2, petal_length: 1.4 },
    ];
    const [first, second] = (await mqtt.ask('area/read', rows, 'area/write')) as number[][];
    near(first?.[0], AREA);
    near(second?.[0], (Math.PI / 4) * 1.4 * 0.2);
  },
  '03 - Several inputs': async (mqtt) => {
    const inputs = { recipe: [0.2, 0.5, 0.3], temperature: [60] };
    const [viscosity] = (await mqtt.ask('mixing/read', inputs, 'mixing/write')) as number[];
    near(viscosity, 2.6);
  },
  '04 - Labels and scores': async (mqtt) => {
    const answer = (await mqtt.ask('labels/read', flower, 'labels/write')) as { label: string; score: number }[];
    assert.deepEqual(answer.map(({ label }) => label).sort(), ['setosa', 'versicolor', 'virginica']);
    const scores = answer.map(({ score }) => score);
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
  },
  '05 - Preprocessing library': async (mqtt) => {
    const written = { sepal_length: '2.76 in', sepal_width: '32 mm', petal_length: '4.7 cm', petal_width: 1.4 };
    const answer = (await mqtt.ask('written/read', written, 'written/write')) as { label: string };
    assert.equal(answer.label, 'virginica');
  },
  '06 - Fork and join': async (mqtt) => {
    const answer = (await mqtt.ask('both/read', flower, 'both/write')) as { class: { label: string }; area: number[] };
    assert.deepEqual(Object.keys(answer), ['class', 'area']);
    assert.equal(answer.class.label, 'virginica');
    near(answer.area[0], AREA);
  },
  '07 - Set point': async (mqtt) => {
    const ask = async () => ((await mqtt.ask('setpoint/recipe', [0.2, 0.5, 0.3], 'setpoint/viscosity')) as number[])[0];
    near(await ask(), 4.6);
    await mqtt.publish('setpoint/temperature', [60]);
    await waitFor(async () => Math.abs(Number(await ask()) - 2.6) < 1e-4, { what: 'the new set point' });
  },
  '08 - Halting subscription': async (mqtt, { nodeRed }) => {
    const flow = readExample('08 - Halting subscription');
    const [tab, join] = ['tab', 'pipelib'].map((type) => flow.find((node) => node.type === type)?.id ?? '');
    const heldCount = async (): Promise<number> => {
      const { body } = await nodeRed.api<{ items: PipelineRunView[] }>('GET', `pipelines/${tab}/runs`);
      return body.items.filter(({ state, waitingIn }) => state === 'running' && waitingIn.includes(join ?? '')).length;
    };
    await mqtt.publish('batch/release', { by: 'too early' });
    for (const one of [flower, flower]) await mqtt.publish('batch/read', one);
    await waitFor(async () => (await heldCount()) === 2, { what: 'two answers that are held back' });
    assert.deepEqual(mqtt.on('batch/write'), [], 'a release that came before counts for none');
    await mqtt.publish('batch/release', { by: 'Ada' });
    await waitFor(() => mqtt.on('batch/write').length === 2, { what: 'both answers' });
    for (const answer of mqtt.on('batch/write') as { class: { label: string }; release: unknown }[]) {
      assert.deepEqual([answer.class.label, answer.release], ['virginica', { by: 'Ada' }]);
    }
  },
  '09 - State loop': async (mqtt) => {
    const answers: unknown[] = [];
    for (const reading of [25, 25, 0]) answers.push(await mqtt.ask('smooth/read', reading, 'smooth/write'));
    for (const [index, expected] of [21, 21.8, 17.44].entries()) near(answers[index], expected);
  },
  '10 - Error handling': async (mqtt) => {
    const bad = { sepal_length: 'seven' };
    const error = (await mqtt.ask('checked/read', bad, 'checked/errors')) as { code: string; message: string };
    assert.equal(error.code, 'INVALID_INPUT');
    assert.deepEqual((error as { payload?: unknown }).payload, bad);
    assert.ok(error.message.length > 10);
    const answer = (await mqtt.ask('checked/read', flower, 'checked/write')) as { label: string };
    assert.equal(answer.label, 'virginica');
  },
  '11 - Collect and retrain': async (mqtt, training) => {
    await makeJob(training);
    const rows = irisRows().filter((_, index) => index % 3 === 0);
    for (const row of rows) await mqtt.publish('iris/labelled', row, 1);
    const run = await training.onlyRun();
    assert.deepEqual([run.state, run.trigger, run.inputs.queries[0]?.rows], ['succeeded', 'node', 50]);
  },
  '12 - Retrain when accuracy drops': async (mqtt, training) => {
    await makeJob(training);
    const wrong = new Map([
      ['setosa', 'versicolor'],
      ['versicolor', 'virginica'],
      ['virginica', 'setosa'],
    ]);
    const check = async (rows: readonly Record<string, unknown>[]): Promise<void> => {
      for (const row of rows) await mqtt.publish('iris/checked', row, 1);
    };
    // What the model of the examples takes for right: setosa and virginica.
    await check(irisRows().filter(({ species }, index) => species !== 'versicolor' && index % 5 === 0));
    await check(
      irisRows()
        .filter((_, index) => index % 5 === 1)
        .map((row) => ({ ...row, species: wrong.get(String(row['species'])) })),
    );
    const run = await training.onlyRun();
    assert.deepEqual([run.state, run.trigger], ['succeeded', 'node']);
    const rowCount = run.inputs.queries[0]?.rows ?? 0;
    assert.ok(rowCount > 20 && rowCount <= 50, `${rowCount} rows: those that were right have not started it`);
  },
  '13 - Asynchronicity': async (mqtt) => {
    await mqtt.publish('async/read', { seconds: 5 });
    // Long enough for five in a row: their own times decide, not this one.
    const answer = await waitFor(() => mqtt.on('async/write')[0], { timeoutMs: 40_000, what: 'the joined answer' });
    const waits = Object.entries(answer as Readonly<Record<string, { began: string; ended: string }>>);
    assert.deepEqual(
      waits.map(([name]) => name),
      ['wait 1', 'wait 2', 'wait 3', 'wait 4', 'wait 5'],
    );
    const spans = waits.map(([, { began, ended }]) => ({ beganAt: Date.parse(began), endedAt: Date.parse(ended) }));
    // Clock and timer round to milliseconds, each in its own way.
    for (const { beganAt, endedAt } of spans) assert.ok(endedAt - beganAt >= 4_990, `${endedAt - beganAt} ms`);
    const lastBeganAt = Math.max(...spans.map(({ beganAt }) => beganAt));
    const firstEndedAt = Math.min(...spans.map(({ endedAt }) => endedAt));
    assert.ok(lastBeganAt < firstEndedAt, `all had begun when the first ended: ${JSON.stringify(answer)}`);
  },
  '14 - Basic algebra': async (mqtt) => {
    const answer = await mqtt.ask('algebra/read', { a: 7, b: 3 }, 'algebra/write');
    assert.deepEqual(answer, { sum: 10, product: 21, roots: [7, 3] });
    const pairs = Array.from({ length: 50 }, (_, index) => ({ a: 3 * index + 1, b: index }));
    for (const pair of pairs) await mqtt.publish('algebra/read', pair);
    await waitFor(() => mqtt.on('algebra/write').length === 1 + pairs.length, { what: 'as many answers' });
    assert.deepEqual(
      mqtt.on('algebra/write').slice(1),
      pairs.map(({ a, b }) => ({ sum: a + b, product: a * b, roots: [a, b] })),
      'no two messages are mixed',
    );
  },
  '15 - Several Node-REDs share the work': async (mqtt, { nodeRed }) => {
    await mqtt.publish('shared/read', flower, 1);
    await waitFor(() => mqtt.on('shared/write').length === 1, { what: 'the answer to a question of another' });
    assertFirstIris(flower, mqtt.on('shared/write')[0]);
    // An error is an answer where it would be the same in any Node-RED.
    await mqtt.publish('shared/read', { sepal_length: 'seven' }, 1);
    await waitFor(() => mqtt.on('shared/write').length === 2, { what: 'the answer to a bad question' });
    assert.equal((mqtt.on('shared/write')[1] as { error: { code: string } }).error.code, 'INVALID_INPUT');
    assert.deepEqual(mqtt.on('shared/answers'), [], 'what another asked is not for this one');
    const button = readExample('15 - Several Node-REDs share the work').find(({ type }) => type === 'inject');
    assert.equal((await nodeRed.request('POST', `inject/${button?.id}`)).status, 200);
    await waitFor(() => mqtt.on('shared/answers').length >= 1_000, { what: 'all answers' });
    const answers = mqtt.on('shared/answers') as { question: Flower; answer: unknown }[];
    assert.equal(new Set(answers.map(({ question }) => JSON.stringify(question))).size, 1_000);
    for (const { question, answer } of answers) assertFirstIris(question, answer);
  },
};

describe(`the examples in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await ModelLab.start({ modelManagement: { training: { allowProcessRunner: true } } });
    for (const [name, file] of Object.entries(exampleModels)) {
      const answer = await lab.nodeRed.api('POST', `models/${name}/versions?create=true`, readExampleModel(file));
      assert.equal(answer.status, 201, answer.text);
    }
    for (const name of exampleLibraries) {
      const answer = await lab.nodeRed.api('PUT', `libraries/${name}`, { source: readExampleLibrary(name) });
      assert.equal(answer.status, 200, answer.text);
    }
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('all are driven', () => assert.deepEqual(Object.keys(drives).sort(), exampleTitles));

  for (const title of exampleTitles) {
    it(title, async () => {
      const flow = readExample(title);
      const [tab, broker] = ['tab', 'mqtt-broker'].map((type) => flow.find((node) => node.type === type)?.id);
      const probes = modelFlow({ model: '', brokerPort: 0 }).filter(({ id }) => id.startsWith('probe'));
      await lab.nodeRed.deploy([
        ...flow.map((node) =>
          node.id === broker ? { ...node, broker: '127.0.0.1', port: String(lab.broker.port) } : node,
        ),
        ...probes.map((node) => ({ ...node, z: tab, ...(node['broker'] ? { broker } : {}) })),
      ] as FlowNode[]);
      await lab.untilFlowListens();
      const topics = flow.flatMap(({ type, topic }) => (type === 'mqtt out' ? [String(topic)] : []));
      await using mqtt = await MqttListener.on(lab.broker, topics);
      await drives[title]?.(mqtt, new TrainingLab(lab.nodeRed));
    });
  }
});
