import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { systemClock } from '../lib/clock';
import { silentLog } from '../lib/log';
import type { FlowEntry } from '../lib/pipeline/flow-entry';
import { OriginMarks } from '../lib/pipeline/message-origin';
import { PipelineWatch } from '../lib/pipeline/pipelines/pipeline-watch';
import { temporaryFolder } from '../test/support/temporary-folder';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, type Row } from './support/bench';

/*
 * What the hooks cost: a chain of nodes that only hand messages on, in a Node-RED in this process. Marks for joins that
 * this flow does not have, and the watch over pipelines, of which this flow is none, or one.
 */

const NODE_COUNT = 200;
const MESSAGE_COUNT = 200;
const ROUND_COUNT = 31;

const handOn = `module.exports = (RED) => {
  RED.nodes.registerType('hand-on', function (config) {
    RED.nodes.createNode(this, config);
    this.on('input', (msg, send, done) => { send(msg); done(); });
  });
  RED.nodes.registerType('last', function (config) {
    RED.nodes.createNode(this, config);
    this.on('input', (msg, send, done) => { done(); if (msg.isLast) RED.events.emit('bench:done'); });
  });
};`;

const idOf = (index: number): string => `n${index}`;
const chain = [
  { id: 'tab', type: 'tab', label: 'chain' },
  ...Array.from({ length: NODE_COUNT }, (_, index) => ({
    id: idOf(index),
    type: 'hand-on',
    z: 'tab',
    x: 1,
    y: 1,
    wires: [[idOf(index + 1)]],
  })),
  { id: idOf(NODE_COUNT), type: 'last', z: 'tab', x: 1, y: 1, wires: [] },
];

/** Makes the chain a pipeline; it is wired to nothing. */
const ownNode = { id: 'own', type: 'pipelib', z: 'tab', library: 'pipelib_any', x: 1, y: 1, wires: [] };

function watchOf(entries: readonly FlowEntry[]): PipelineWatch {
  const watch = new PipelineWatch({
    readEntries: () => entries,
    clock: systemClock,
    log: silentLog,
    onChange: () => undefined,
  });
  watch.start();
  return watch;
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'hand-on.js'), handOn);
  await writeFile(join(folder.path, 'hand-on.html'), '');
  await writeFile(join(folder.path, 'flows.json'), JSON.stringify(chain));
  const red = require('node-red') as typeof import('node-red');
  red.init(
    {
      userDir: folder.path,
      nodesDir: folder.path,
      flowFile: 'flows.json',
      httpAdminRoot: false,
      httpNodeRoot: false,
      logging: { console: { level: 'fatal', metrics: false, audit: false } },
      telemetry: { enabled: false },
    } as never,
    undefined as never,
  );
  const started = once(red.events, 'flows:started');
  await red.start();
  await started;

  const { getNode } = red.nodes as unknown as Pick<NodeAPI['nodes'], 'getNode'>;
  const first = getNode(idOf(0));
  const runChain = async (): Promise<number> => {
    const arrived = once(red.events, 'bench:done');
    const startMs = performance.now();
    for (let n = 1; n <= MESSAGE_COUNT; n++) first.receive({ payload: n, isLast: n === MESSAGE_COUNT } as never);
    await arrived;
    return ((performance.now() - startMs) * 1_000) / (NODE_COUNT * MESSAGE_COUNT);
  };
  const withHook = async (marks: OriginMarks): Promise<number> => {
    red.hooks.add('onSend.bench', marks.onSend as never);
    const us = await runChain();
    red.hooks.remove('onSend.bench');
    return us;
  };
  const [idle, marking] = [new OriginMarks(), new OriginMarks()];
  marking.retain();
  const nothing = (_event: unknown): undefined => undefined;
  const watching = async (watch: Pick<PipelineWatch, 'onReceive' | 'onComplete'>): Promise<number> => {
    red.hooks.add('onReceive.bench', watch.onReceive as never);
    red.hooks.add('onComplete.bench', watch.onComplete as never);
    const us = await runChain();
    red.hooks.remove('*.bench');
    return us;
  };
  const [beside, within] = [watchOf(chain), watchOf([...chain, ownNode])];
  const candidates: Record<string, () => Promise<number>> = {
    'without a hook': runChain,
    'marks, nothing joins': () => withHook(idle),
    'marks, another flow joins': () => withHook(marking),
    'two hooks that do nothing': () => watching({ onReceive: nothing, onComplete: nothing }),
    'pipelines watched, this is none': () => watching(beside),
    'pipelines watched, this is one': () => watching(within),
  };
  const times = await inTurns(candidates, isQuick ? 1 : ROUND_COUNT);
  for (const watch of [beside, within]) watch.stop();
  await red.stop();
  const bare = times['without a hook'] ?? [];
  return Object.entries(times).map(([name, us]) => {
    const row = { what: `one hop, ${name}`, value: median(us), unit: 'µs' };
    return us === bare ? row : { ...row, against: 'without a hook', ratio: medianRatio(us, bare) };
  });
}

export const bench: Bench = {
  name: 'hop',
  title: `what hooks cost: a chain of ${NODE_COUNT} nodes, ${MESSAGE_COUNT} messages`,
  run,
};
