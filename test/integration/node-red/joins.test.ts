import assert from 'node:assert/strict';
import { aFunction, aRandomDelay, forkFlow, joinFlow, joinNode, onTab, pairOf } from '../../support/join-flows';
import { ModelLab, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { twoInputModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Joined {
  readonly sum: readonly number[];
  readonly count: readonly number[];
}
interface Failure {
  readonly code: string;
  readonly message: string;
}

/** `{sum: 2n, count: n}`: what one run gives; two runs mixed give another sum. */
const isWhole = ({ sum, count }: Joined): boolean => sum[0] === 2 * (count[0] ?? Number.NaN);
const numbersOf = (answers: readonly Joined[]): number[] => answers.map(({ count }) => count[0] ?? Number.NaN);
const inOrder = (numbers: readonly number[]): number[] => [...numbers].sort((one, other) => one - other);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe(`joins of flows in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(90_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    await lab.upload('two', twoInputModel());
    await lab.mqtt.client.subscribeAsync(['out-1', 'out-2']);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const deploy = async (flow: readonly FlowNode[], type?: 'full' | 'flows' | 'nodes'): Promise<void> => {
    await lab.nodeRed.deploy(flow, type);
    await lab.untilFlowListens();
  };
  const since = <T>(topic: string): (() => readonly T[]) => {
    const before = lab.mqtt.on(topic).length;
    return () => lab.mqtt.on(topic).slice(before) as T[];
  };

  /** Every number sent at 200/s comes back once, as one run's. */
  const expectAllJoined = async (answersOf: () => readonly Joined[], count = 300): Promise<void> => {
    const errors = since<Failure>('errors');
    const stream = startStream(lab.mqtt, 200, (index) => index);
    await waitFor(() => stream.sentCount >= count);
    const sentCount = await stream.stop();
    await waitFor(() => answersOf().length >= sentCount, {
      what: () => `${sentCount} answers, got ${answersOf().length}, errors ${JSON.stringify(errors().slice(0, 2))}`,
    });
    assert.ok(answersOf().every(isWhole), 'two runs are mixed');
    assert.deepEqual(inOrder(numbersOf(answersOf())), upTo(sentCount));
    assert.deepEqual(errors(), []);
  };

  it('GIVEN_branches_in_which_messages_overtake_WHEN_200_per_second_are_joined_THEN_no_two_runs_are_mixed', async () => {
    await deploy(forkFlow(lab.broker.port));
    await expectAllJoined(since<Joined>('out'));
  });

  it('joins through junctions, link nodes over two tabs, a link call and a subflow', async () => {
    const link = { mode: 'link', links: [] as string[] };
    await deploy([
      ...joinFlow(
        lab.broker.port,
        ['pair'],
        [
          aFunction('pair', pairOf, ['j1', 'lo']),
          { ...onTab('j1', 'junction', ['call']) },
          onTab('call', 'link call', ['j2'], { name: 'a', linkType: 'static', links: ['sub-in'], timeout: '30' }),
          { ...onTab('j2', 'junction', ['model']) },
          onTab('lo', 'link out', [], { ...link, links: ['li'] }),
          onTab('back', 'link in', ['model'], { links: ['lo2'] }),
        ],
      ),
      { id: 'tab2', type: 'tab', label: 'Second tab', disabled: false, info: '', env: [] },
      onTab('li', 'link in', ['inst'], { z: 'tab2', links: ['lo'] }),
      onTab('inst', 'subflow:sub', ['lo2'], { z: 'tab2', name: 'b' }),
      onTab('lo2', 'link out', [], { ...link, z: 'tab2', links: ['back'] }),
      onTab('sub-in', 'link in', ['routine'], { z: 'tab2', links: [] }),
      aRandomDelay('routine', ['ret'], { z: 'tab2' }),
      onTab('ret', 'link out', [], { z: 'tab2', mode: 'return', links: [] }),
      {
        id: 'sub',
        type: 'subflow',
        name: 'sub',
        info: '',
        in: [{ x: 1, y: 1, wires: [{ id: 'inner' }] }],
        out: [{ x: 9, y: 1, wires: [{ id: 'inner', port: 0 }] }],
        env: [],
      },
      aRandomDelay('inner', [], { z: 'sub', wires: [[]] }),
    ]);
    await expectAllJoined(since<Joined>('out'));
  });

  it('joins inside two instances of one subflow, nested in another, each for itself', async () => {
    const instance = (id: string, z: string, template: string, to: string): FlowNode =>
      onTab(id, `subflow:${template}`, [to], { z, name: id });
    const template = (id: string, into: string[], from: string): FlowNode => ({
      id,
      type: 'subflow',
      name: id,
      info: '',
      in: [{ x: 1, y: 1, wires: into.map((inner) => ({ id: inner })) }],
      out: [{ x: 9, y: 1, wires: [{ id: from, port: 0 }] }],
      env: [],
    });
    const base = joinFlow(lab.broker.port, ['one', 'two'], []).filter(({ id }) => id !== 'model' && id !== 'out');
    const publisher = (id: string): FlowNode[] =>
      joinFlow(lab.broker.port, [], []).flatMap((one) => (one.id === 'out' ? [{ ...one, id, topic: id }] : []));
    await deploy([
      ...base,
      ...publisher('out-1'),
      ...publisher('out-2'),
      aFunction('one', pairOf, ['i1']),
      aFunction('two', 'msg.payload += 100000; msg.payload = [msg.payload, msg.payload]; return msg;', ['i2']),
      instance('i1', 'tab', 'outer', 'out-1'),
      instance('i2', 'tab', 'outer', 'out-2'),
      template('outer', ['nested'], 'nested'),
      onTab('nested', 'subflow:inner', [], { z: 'outer', wires: [[]] }),
      template('inner', ['a', 'b'], 'inner-model'),
      aRandomDelay('a', ['inner-model'], { z: 'inner', name: 'a' }),
      aRandomDelay('b', ['inner-model'], { z: 'inner', name: 'b' }),
      onTab('inner-model', 'onnx-model', [], { z: 'inner', model: 'two', ...joinNode, wires: [[]] }),
    ]);
    const second = since<Joined>('out-2');
    await expectAllJoined(since<Joined>('out-1'));
    await waitFor(() => second().length >= 300);
    assert.ok(second().every(isWhole));
    assert.ok(numbersOf(second()).every((number) => number >= 100_000));
  });

  it('runs in a subflow with a single parent in its list, which Node-RED hands over as a text', async () => {
    const base = joinFlow(lab.broker.port, ['inst'], []).filter(({ id }) => id !== 'model');
    await deploy([
      ...base,
      onTab('inst', 'subflow:single', ['out'], { name: 'inst' }),
      {
        id: 'single',
        type: 'subflow',
        name: 'single',
        info: '',
        in: [{ x: 1, y: 1, wires: [{ id: 'first' }] }],
        out: [{ x: 9, y: 1, wires: [{ id: 'second', port: 0 }] }],
        env: [],
      },
      aFunction('first', 'msg.payload = { a: [1, 1], b: [2, 2] }; return msg;', ['second'], { z: 'single' }),
      onTab('second', 'onnx-model', [], {
        z: 'single',
        model: 'two',
        result: joinNode.result,
        parentIds: ['first'],
        wires: [[]],
      }),
    ]);
    assert.deepEqual(await lab.mqtt.ask('in', 0, 'out'), { sum: [3, 3], count: [2, 2] });
  });

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`GIVEN_a_stream_WHEN_${type}_are_deployed_again_and_again_THEN_nothing_is_mixed_or_doubled_and_it_goes_on`, async () => {
      await deploy(forkFlow(lab.broker.port));
      const answers = since<Joined>('out');
      const stream = startStream(lab.mqtt, 200, (index) => index);
      for (let round = 1; round <= 5; round += 1) {
        const from = answers().length;
        await waitFor(() => answers().length > from + 30, { what: 'answers between two deploys' });
        const flow = forkFlow(lab.broker.port).map((one) =>
          one.id === 'a' ? { ...one, info: `round ${round}` } : one,
        );
        await lab.nodeRed.deploy(flow, type);
      }
      await stream.stop();
      await lab.untilFlowListens();
      await lab.mqtt.publish('in', 999_999);
      await waitFor(() => numbersOf(answers()).includes(999_999), { what: 'an answer after the last deploy' });
      assert.ok(answers().every(isWhole), 'two runs are mixed');
      assert.equal(new Set(numbersOf(answers())).size, answers().length, 'a run is answered twice');
    });
  }

  it('GIVEN_a_joining_node_WHEN_a_deploy_of_nodes_adds_and_takes_away_a_parent_THEN_it_follows_without_a_restart', async () => {
    const one = joinFlow(
      lab.broker.port,
      ['pair'],
      [
        aFunction('pair', pairOf, ['a', 'b']),
        aFunction('a', 'return msg;', ['model'], { name: 'a' }),
        aFunction('b', 'return msg;', [], { name: 'b' }),
      ],
    );
    const two = one.map((entry) => (entry.id === 'b' ? { ...entry, wires: [['model']] } : entry));
    await deploy(two);
    assert.deepEqual(await lab.mqtt.ask('in', 1, 'out'), { sum: [2, 2], count: [1, 1] });
    await deploy(one, 'nodes');
    const errors = since<Failure>('errors');
    await lab.mqtt.publish('in', 2);
    await waitFor(() => errors().length === 1, { what: 'the lone parent, whose array is no value for two inputs' });
    assert.equal(errors()[0]?.code, 'INVALID_INPUT');
    await deploy(two, 'nodes');
    assert.deepEqual(await lab.mqtt.ask('in', 3, 'out'), { sum: [6, 6], count: [3, 3] });
  });

  it('a node that is disabled is no parent, nor is what stands on a disabled tab', async () => {
    const third = aFunction('c', 'return msg;', ['model'], { name: 'c', d: true });
    const away = [
      { id: 'off', type: 'tab', label: 'Off', disabled: true, info: '', env: [] },
      aFunction('d', 'return msg;', ['off-out'], { z: 'off' }),
      onTab('off-out', 'link out', [], { z: 'off', mode: 'link', links: ['from-off'] }),
      onTab('from-off', 'link in', ['model'], { links: ['off-out'] }),
    ];
    await deploy([...forkFlow(lab.broker.port), third, ...away]);
    assert.deepEqual(await lab.mqtt.ask('in', 4, 'out'), { sum: [8, 8], count: [4, 4] });
  });

  it('an inject beside the branches runs the node by itself', async () => {
    const inject = onTab('try', 'inject', ['model'], {
      props: [{ p: 'payload' }],
      payload: '{"a":[20,20],"b":[1,1]}',
      payloadType: 'json',
      topic: '',
      repeat: '',
      crontab: '',
      once: false,
    });
    await deploy([...forkFlow(lab.broker.port), inject]);
    const answers = since<Joined>('out');
    assert.equal((await lab.nodeRed.request('POST', 'inject/try')).status, 200);
    await waitFor(() => answers().length === 1);
    assert.deepEqual(answers(), [{ sum: [21, 21], count: [1, 1] }]);
    assert.deepEqual(await lab.mqtt.ask('in', 5, 'out'), { sum: [10, 10], count: [5, 5] });
  });
});
