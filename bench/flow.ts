import { join } from 'node:path';
import { irisModel } from '../test/support/onnx-models';
import { PythonProgram, pythonWith } from '../test/support/python';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, type Row } from './support/bench';
import { BenchLab, type Middle } from './support/bench-lab';
import type { Load, LoadResult } from './support/mqtt-load';

/*
 * From broker to broker: `mqtt in` → node → `mqtt out`, with the node of this package, with a function node that returns
 * a constant (which no inference can beat by much), with a node that calls `session.run` itself, and the same job as a
 * Python service without Node-RED.
 */

const payload = JSON.stringify([[5.1, 3.5, 1.4, 0.2]]);

interface Taken extends LoadResult {
  readonly cpuUsPerMessage: number;
  readonly loopDelayP99Ms: number;
}

const pythonService = `
import json, sys
import numpy, onnxruntime
import paho.mqtt.client as mqtt
url, path, qos = sys.argv[1], sys.argv[2], int(sys.argv[3])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options)
name = session.get_inputs()[0].name
def on_connect(client, *_):
    client.subscribe('in/python', qos)
    print('ready', flush=True)
def on_message(client, _, message):
    rows = numpy.asarray(json.loads(message.payload), dtype=numpy.float32)
    client.publish('out/python', json.dumps(session.run(None, {name: rows})[0].tolist()), qos)
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.on_connect = on_connect
client.on_message = on_message
host, port = url.split('//')[1].split(':')
client.connect(host, int(port))
client.loop_forever()
`;

interface Setting {
  readonly name: string;
  readonly load: Pick<Load, 'qos' | 'window' | 'perSecond'>;
  readonly roundCount: number;
  readonly rowsOf: (taken: Record<string, Taken[]>, title: string) => Row[];
}

const figures = (taken: readonly Taken[], key: keyof Taken): number[] => taken.map((one) => one[key]);

function throughputRows(taken: Record<string, Taken[]>, title: string): Row[] {
  const own = taken['onnx-model'] ?? [];
  const rows: Row[] = [{ what: `${title}: onnx-model`, value: median(figures(own, 'perSecond')), unit: 'msg/s' }];
  for (const name of ['function', 'inline', 'python']) {
    const peer = taken[name];
    if (!peer) {
      rows.push({ what: `${title}: ${name}`, value: null, unit: 'msg/s', note: 'not to be had on this machine' });
      continue;
    }
    const ratio = medianRatio(figures(own, 'perSecond'), figures(peer, 'perSecond'));
    const aim = name === 'function' && title.includes('200') ? { aim: { atLeast: 1 } } : {};
    const what = `${title}: ${name}`;
    rows.push({ what, value: median(figures(peer, 'perSecond')), unit: 'msg/s', against: name, ratio, ...aim });
  }
  const us = medianRatio(figures(own, 'cpuUsPerMessage'), figures(taken['function'] ?? [], 'cpuUsPerMessage'));
  rows.push({
    what: `${title}: processor time of Node-RED for one message`,
    value: median(figures(own, 'cpuUsPerMessage')),
    unit: 'µs',
    against: 'function',
    ratio: us,
  });
  rows.push({ what: `${title}: p99 of onnx-model`, value: median(figures(own, 'p99Ms')), unit: 'ms' });
  return rows;
}

function latencyRows(taken: Record<string, Taken[]>, title: string): Row[] {
  const own = taken['onnx-model'] ?? [];
  const constant = taken['function'] ?? [];
  const row = (key: 'p50Ms' | 'p99Ms', aim?: Row['aim']): Row => ({
    what: `${title}: ${key.slice(0, 3)}`,
    value: median(figures(own, key)),
    unit: 'ms',
    against: 'function',
    ratio: medianRatio(figures(own, key), figures(constant, key)),
    ...(aim ? { aim } : {}),
  });
  const delay = {
    what: `${title}: p99 of Node-RED's loop delay`,
    value: median(figures(own, 'loopDelayP99Ms')),
    unit: 'ms',
  };
  return [row('p50Ms', { atMost: 1.3 }), row('p99Ms'), delay];
}

function settingsOf(isQuick: boolean): Setting[] {
  const roundCount = isQuick ? 1 : 5;
  return [
    { name: 'QoS 0, window 200', load: { qos: 0, window: 200 }, roundCount, rowsOf: throughputRows },
    { name: 'QoS 0, window 16', load: { qos: 0, window: 16 }, roundCount: isQuick ? 1 : 3, rowsOf: throughputRows },
    { name: 'QoS 0, 1,000 msg/s', load: { qos: 0, perSecond: 1_000 }, roundCount, rowsOf: latencyRows },
    { name: 'QoS 1, window 200', load: { qos: 1, window: 200 }, roundCount: isQuick ? 1 : 3, rowsOf: throughputRows },
    {
      name: 'QoS 1, 1,000 msg/s',
      load: { qos: 1, perSecond: 1_000 },
      roundCount: isQuick ? 1 : 3,
      rowsOf: latencyRows,
    },
  ];
}

async function take(lab: BenchLab, name: string, load: Setting['load'], durationMs: number): Promise<Taken> {
  await lab.probe();
  const result = await lab.load.measure({
    ...load,
    inbound: `in/${name}`,
    outbound: `out/${name}`,
    payload,
    durationMs,
  });
  if (result.lostCount > 0) throw new Error(`${name} lost ${result.lostCount} messages`);
  const { cpuUs, loopDelay } = await lab.probe();
  const count = (result.perSecond * durationMs) / 1_000;
  return { ...result, cpuUsPerMessage: cpuUs / count, loopDelayP99Ms: loopDelay.p99 };
}

async function run({ isQuick, profileFolder }: BenchOptions): Promise<readonly Row[]> {
  await using lab = await BenchLab.start();
  await lab.upload('iris', irisModel());
  const path = await lab.file('iris.onnx', irisModel());
  const middles: Record<string, Middle> = {
    'onnx-model': { type: 'onnx-model', configVersion: 1, model: 'iris' },
    function: { type: 'function', func: 'msg.payload = [[0.2, 0.3, 0.5]]; return msg;', outputs: 1 },
    inline: { type: 'bench-inline', path, width: 4 },
  };
  const python = isQuick ? null : await pythonWith('mqtt', ['paho-mqtt>=2', 'onnxruntime', 'numpy']);
  const durationMs = isQuick ? 300 : 2_000;
  const rows: Row[] = [];
  for (const qos of [0, 1] as const) {
    await lab.deploy(middles, qos);
    await using service = python
      ? await PythonProgram.start(python, pythonService, [lab.broker.url, path, String(qos)])
      : null;
    const names = [...Object.keys(middles), ...(service ? ['python'] : [])];
    for (const { name, load, roundCount, rowsOf } of settingsOf(isQuick).filter(
      (setting) => setting.load.qos === qos,
    )) {
      const candidates = names.map((one) => [one, () => take(lab, one, load, durationMs)] as const);
      rows.push(...rowsOf(await inTurns(Object.fromEntries(candidates), roundCount), name));
    }
    for (const one of profileFolder === null ? [] : Object.keys(middles)) {
      const file = join(profileFolder ?? '', `flow-${one}-qos${qos}.cpuprofile`);
      await lab.profiled(file, () => take(lab, one, { qos, window: 200 }, durationMs));
    }
  }
  return rows;
}

export const bench: Bench = { name: 'flow', title: 'mosquitto → mqtt in → node → mqtt out, iris 4-16-3', run };
