import assert from 'node:assert/strict';
import type { EngineStats } from '../../../lib/inference/engine';
import { exampleModels, readExample, readExampleModel } from '../../support/examples';
import { assertFirstIris, type Flower } from '../../support/iris-answers';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { MqttRequester } from '../../support/mqtt-requester';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const EXAMPLE = '15 - Several Node-REDs share the work';
const INSTANCE_COUNT = 3;
const MAX_OPEN = 300;

const flower = (n: number): Flower => ({
  sepal_length: 4 + (n % 40) / 10,
  sepal_width: 2 + (n % 23) / 10,
  petal_length: 1 + (n % 61) / 10,
  petal_width: 0.1 + n / 2_000,
});
const flowers = (count: number): readonly Flower[] => Array.from({ length: count }, (_, n) => flower(n));

/** What the iris model of one Node-RED has answered since it was loaded. */
async function servedCount(nodeRed: NodeRed): Promise<number> {
  const { body } = await nodeRed.api<{ engine: EngineStats }>('GET', 'health');
  return body.engine.models.find(({ model }) => model === 'iris')?.answered ?? 0;
}

describe(`Node-REDs ${nodeRedMajor} that share the work of "${EXAMPLE}"`, function () {
  this.timeout(180_000);
  let broker: Mosquitto;
  let requester: MqttRequester;
  const nodeReds: NodeRed[] = [];
  const first = (): NodeRed => nodeReds[0] as NodeRed;
  const third = (): NodeRed => nodeReds[2] as NodeRed;

  const allServed = (): Promise<readonly number[]> => Promise.all(nodeReds.map(servedCount));

  /** Waits until each has answered something that was asked from now on. */
  async function untilAllServe(): Promise<void> {
    const before = await allServed();
    await waitFor(
      async () => {
        await requester.askAll(flowers(INSTANCE_COUNT), INSTANCE_COUNT);
        return (await allServed()).every((count, index) => count > (before[index] ?? 0));
      },
      { what: 'all three to answer', timeoutMs: 60_000, intervalMs: 100 },
    );
  }

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    const flows = readExample(EXAMPLE).map((node) =>
      node.type === 'mqtt-broker' ? { ...node, broker: '127.0.0.1', port: String(broker.port) } : node,
    );
    while (nodeReds.length < INSTANCE_COUNT) {
      const nodeRed = await NodeRed.start({ flows });
      nodeReds.push(nodeRed);
      const model = readExampleModel(exampleModels['iris'] ?? '');
      const answer = await nodeRed.api('POST', 'models/iris/versions?create=true', model);
      assert.equal(answer.status, 201, answer.text);
    }
  });
  after(async () => {
    await Promise.all(nodeReds.map((nodeRed) => nodeRed[Symbol.asyncDispose]()));
    await broker?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    requester = await MqttRequester.start(broker, {
      questionTopic: 'shared/read',
      answerTopic: 'shared/write',
      repeatMs: 2_000,
    });
    await untilAllServe();
  });
  afterEach(() => requester?.[Symbol.asyncDispose]());

  it('GIVEN_three_under_load_WHEN_one_is_killed_THEN_every_message_is_answered', async () => {
    const before = await allServed();
    const { repeatedCount } = requester;
    const questions: Flower[] = [];
    let isKilled = false;
    /** Goes on until the kill, which so comes in its midst however late it comes. */
    const load = function* (): Generator<Flower> {
      while (questions.length < 4_000 || !isKilled) {
        const question = flower(questions.length % 4_000);
        questions.push(question);
        yield question;
      }
    };
    const asking = requester.askAll(load(), MAX_OPEN);
    let shares: readonly number[] = [];
    await waitFor(
      async () => {
        shares = (await allServed()).map((count, index) => count - (before[index] ?? 0));
        return shares.every((count) => count > 100);
      },
      { what: () => `the load to be shared: ${shares}`, intervalMs: 100 },
    );
    await third().stop('SIGKILL');
    isKilled = true;
    const answers = await asking;
    for (const [index, question] of questions.entries()) assertFirstIris(question, answers[index]);
    assert.ok(requester.repeatedCount > repeatedCount, 'what the killed one had taken was lost by QoS 1 alone');

    await third().restart();
    await untilAllServe();
  });

  it('GIVEN_three_under_load_WHEN_one_hangs_THEN_every_message_is_answered_and_its_late_answers_are_told_apart', async () => {
    const questions = flowers(2_000);
    const asking = requester.askAll(questions, MAX_OPEN);
    const { answeredCount } = requester;
    await waitFor(() => requester.answeredCount > answeredCount + 300, { what: 'the load to flow' });
    const { pid } = third();
    // As a machine whose network is gone: the broker does not notice, and goes on giving to it.
    process.kill(pid, 'SIGSTOP');
    try {
      const answers = await asking;
      for (const [index, question] of questions.entries()) assertFirstIris(question, answers[index]);
      assert.ok(requester.repeatedCount > 0);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await waitFor(() => requester.duplicateCount > 0, { what: 'answers that come twice' });
  });

  it('GIVEN_the_example_asks_a_thousand_WHEN_another_Node_RED_is_killed_THEN_each_comes_once_and_right', async () => {
    await using listener = await MqttListener.on(broker, ['shared/answers'], 1);
    const answers = () => listener.on('shared/answers') as readonly { question: Flower; answer: unknown }[];
    const button = readExample(EXAMPLE).find(({ type }) => type === 'inject');
    // It takes its share of the questions and answers none of them, so that it is killed in the midst of the load.
    process.kill(third().pid, 'SIGSTOP');
    assert.equal((await first().request('POST', `inject/${button?.id}`)).status, 200);
    await waitFor(() => answers().length > 100, { what: 'the first answers' });
    await third().stop('SIGKILL');
    assert.ok(answers().length < 1_000, 'the kill comes in the midst of the load');
    await waitFor(() => answers().length >= 1_000, { what: 'all answers', timeoutMs: 60_000 });
    assert.equal(new Set(answers().map(({ question }) => JSON.stringify(question))).size, 1_000);
    for (const { question, answer } of answers()) assertFirstIris(question, answer);
    await third().restart();
    await untilAllServe();
    assert.equal(answers().length, 1_000, 'none came late and twice');
  });
});
