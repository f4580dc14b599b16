import type { FlowNode } from '../test/support/node-red';
import { irisModel } from '../test/support/onnx-models';
import { slowModel } from '../test/support/slow-model';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, type Row } from './support/bench';
import { BenchLab } from './support/bench-lab';

/*
 * The event loop of Node-RED beside a model that takes about 90 ms five times a second: in a process of its own, and, to
 * see what that saves, in Node-RED itself.
 */

const PERIOD_MS = 200;

/** Sends a message five times a second while it is switched on. */
function ticker(id: string, target: string): FlowNode[] {
  const func = `
    clearInterval(context.get('timer'));
    if (msg.payload.on) context.set('timer', setInterval(() => node.send({ payload: new Array(64 * 256).fill(0.5) }), ${PERIOD_MS}));`;
  const place = { z: 'tab', x: 1, y: 1 };
  return [
    {
      ...place,
      id: `switch-${id}`,
      type: 'mqtt in',
      topic: `switch/${id}`,
      qos: '0',
      datatype: 'json',
      broker: 'broker',
      inputs: 0,
      wires: [[`tick-${id}`]],
    },
    {
      ...place,
      id: `tick-${id}`,
      type: 'function',
      func,
      outputs: 1,
      finalize: "clearInterval(context.get('timer'));",
      wires: [[target]],
    },
  ];
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  await using lab = await BenchLab.start();
  await lab.upload('iris', irisModel());
  await lab.upload('slow', slowModel());
  const path = await lab.file('slow.onnx', slowModel());
  const place = { z: 'tab', x: 1, y: 1, wires: [[]] };
  await lab.deploy({ iris: { type: 'onnx-model', configVersion: 1, model: 'iris' } }, 0, [
    ...ticker('own', 'slow-own'),
    { ...place, id: 'slow-own', type: 'onnx-model', configVersion: 1, model: 'slow' },
    ...ticker('inline', 'slow-inline'),
    { ...place, id: 'slow-inline', type: 'bench-inline', path, width: 256 },
  ]);
  const client = await lab.broker.connect();
  const durationMs = isQuick ? 1_000 : 4_000;
  const measure = async (slow: 'own' | 'inline' | null) => {
    if (slow) await client.publishAsync(`switch/${slow}`, '{"on":true}');
    await lab.probe();
    // A little traffic beside it, as in a plant.
    const load = { inbound: 'in/iris', outbound: 'out/iris', payload: '[5.1,3.5,1.4,0.2]', qos: 0 as const };
    const { p99Ms } = await lab.load.measure({ ...load, perSecond: 100, durationMs });
    const { loopDelay } = await lab.probe();
    if (slow) await client.publishAsync(`switch/${slow}`, '{"on":false}');
    return { p99Ms: loopDelay.p99, maxMs: loopDelay.max, answerMs: p99Ms };
  };
  const taken = await inTurns(
    { idle: () => measure(null), own: () => measure('own'), inline: () => measure('inline') },
    isQuick ? 1 : 5,
  );
  await client.endAsync(true);
  const of = (name: string, key: 'p99Ms' | 'maxMs' | 'answerMs'): number[] =>
    (taken[name] ?? []).map((one) => one[key]);
  const against = { against: 'without it' };
  return [
    { what: 'loop delay p99, no slow model', value: median(of('idle', 'p99Ms')), unit: 'ms' },
    {
      what: 'loop delay p99, slow model in its process',
      value: median(of('own', 'p99Ms')),
      unit: 'ms',
      ...against,
      ratio: medianRatio(of('own', 'p99Ms'), of('idle', 'p99Ms')),
      aim: { atMost: 1.3 },
    },
    {
      what: 'longest loop delay of all rounds',
      value: Math.max(...of('own', 'maxMs')),
      unit: 'ms',
      aim: { atMost: 20 },
    },
    {
      what: 'loop delay p99, slow model in Node-RED',
      value: median(of('inline', 'p99Ms')),
      unit: 'ms',
      ...against,
      ratio: medianRatio(of('inline', 'p99Ms'), of('idle', 'p99Ms')),
    },
    {
      what: 'p99 of another model beside it',
      value: median(of('own', 'answerMs')),
      unit: 'ms',
      ...against,
      ratio: medianRatio(of('own', 'answerMs'), of('idle', 'answerMs')),
    },
  ];
}

export const bench: Bench = { name: 'isolation', title: 'a model of about 90 ms, five times a second', run };
