import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import helper from 'node-red-node-test-helper';
import { trainingSlot } from '../../../lib/training';
import register from '../../../nodes/retrain-trigger/retrain-trigger';
import { nodeRedMajor } from '../../support/node-red';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { TrainingHost } from '../../support/training-host';
import { waitFor } from '../../support/wait-for';

interface Told {
  readonly state: string;
  readonly run?: string;
  readonly reason?: string;
}

const FAILING = 'raise SystemExit(1)';
const flowOf = (node: Readonly<Record<string, unknown>> = {}) => [
  { id: 'tab', type: 'tab', label: 'Tab' },
  { id: 'states', type: 'helper', z: 'tab', x: 1, y: 1, wires: [] },
  { id: 'ends', type: 'helper', z: 'tab', x: 1, y: 1, wires: [] },
  { id: 'trigger', type: 'retrain-trigger', z: 'tab', x: 1, y: 1, job: 'job', wires: [['states'], ['ends']], ...node },
];

describe(`the node retrain-trigger in the runtime of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let host: TrainingHost;
  let gate: string;
  const states: Told[] = [];
  const ends: Told[] = [];

  /** Lasts until the gate is open. */
  const waiting = (): string =>
    `import os, time\nwhile not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.02)\nraise SystemExit(1)`;
  const openGate = (): Promise<void> => writeFile(gate, '');
  const listen = (): void => {
    helper.getNode('states').on('input', ({ payload }) => void states.push(payload as Told));
    helper.getNode('ends').on('input', ({ payload }) => void ends.push(payload as Told));
  };
  const load = async (node: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    await helper.load(register, flowOf(node));
    listen();
  };
  const open = async (): Promise<void> => {
    host = await TrainingHost.open({ folder: folder.path });
    trainingSlot.provide(host.training);
  };
  const send = (payload: unknown, more = {}): void =>
    helper.getNode('trigger').receive({ payload, ...more } as NodeMessage);
  const endStates = (): readonly string[] => ends.map(({ state }) => state);

  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
    helper.init(require.resolve(nodeRedMajor === '4' ? 'node-red-4' : 'node-red'));
  });
  beforeEach(async () => {
    states.length = 0;
    ends.length = 0;
    folder = await temporaryFolder('mm-trigger-');
    gate = join(folder.path, 'gate');
    await open();
    await host.addModel();
  });
  afterEach(async () => {
    await helper.unload();
    trainingSlot.clear();
    await host?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('tells each state and the end, each once', async () => {
    await host.addJob(FAILING);
    await load();
    send(1);
    await waitFor(() => ends.length > 0);
    assert.deepEqual(
      states.map(({ state }) => state),
      ['queued', 'preparing', 'installing', 'training', 'failed'],
    );
    assert.deepEqual(endStates(), ['failed']);
  });

  it('GIVEN_start_that_is_refused_WHEN_the_job_is_free_again_THEN_the_next_message_starts_it', async () => {
    await host.addJob(waiting());
    const other = await host.start();
    await load({ mode: 'threshold', operator: '<', limit: 5, minIntervalMs: 600_000 });
    send(4);
    await waitFor(() => ends.length === 1);
    assert.match(ends[0]?.reason ?? '', /Run 1 of job is/);
    await openGate();
    await host.ended(other.id);
    send(3);
    await waitFor(() => ends.length === 2);
    assert.deepEqual(endStates(), ['skipped', 'failed']);
    assert.equal(host.runs.all().find(({ number }) => number === 2)?.node, 'trigger');
  });

  it('counts messages that come while a run starts', async () => {
    await host.addJob(FAILING, { overlap: 'queueOne' });
    await load({ mode: 'count', count: 2 });
    for (let index = 0; index < 3; index += 1) send(index);
    await waitFor(() => endStates().includes('failed'));
    assert.equal(host.runs.all().length, 1);
    send(4);
    await waitFor(() => host.runs.all().length === 2);
  });

  it('GIVEN_run_that_waits_already_WHEN_asked_for_one_THEN_it_says_so', async () => {
    await host.addJob(waiting(), { overlap: 'queueOne' });
    await host.reached((await host.start()).id, 'training');
    await host.start();
    await load();
    send(1);
    await waitFor(() => ends.length > 0);
    assert.deepEqual(ends, [
      { state: 'skipped', job: 'job', reason: 'run 2 waits already, and will see the same data' },
    ]);
    assert.deepEqual(states, []);
    await openGate();
  });

  it('GIVEN_run_that_ends_while_the_node_is_away_WHEN_it_is_there_again_THEN_its_end_is_told_once', async () => {
    await host.addJob(waiting());
    await load();
    send(1);
    await waitFor(() => states.at(-1)?.state === 'training', { timeoutMs: 20_000 });
    trainingSlot.clear();
    await openGate();
    const [run] = host.runs.all();
    await host.ended(run?._id ?? '');
    trainingSlot.provide(host.training);
    await waitFor(() => ends.length > 0);
    // As a full deploy does: all nodes are made anew.
    await helper.setFlows(flowOf(), 'full');
    listen();
    send(2);
    await waitFor(() => ends.length > 1);
    assert.equal(new Set(ends.map(({ run: id }) => id)).size, 2);
  });

  it('GIVEN_run_that_ends_as_Node_RED_starts_WHEN_the_flows_run_THEN_its_end_is_told_and_no_older_one', async () => {
    await host.addJob(waiting(), { overlap: 'queueOne' });
    await openGate();
    const start = { trigger: 'node', user: null, node: 'trigger' } as const;
    const first = await host.training.startRun('job', {}, start);
    await host.ended(first.id);
    await rm(gate);
    const second = await host.training.startRun('job', {}, start);
    await host.reached(second.id, 'training');
    await host.close();
    trainingSlot.clear();
    await open();
    await openGate();
    await host.ended(second.id);
    await load();
    await waitFor(() => ends.length > 0);
    assert.deepEqual(
      ends.map(({ run }) => run),
      [second.id],
    );
  });
});
