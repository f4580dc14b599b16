import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildEnvironment } from '../../lib/inference/processes/engine-child';
import { builtEngineProcessPath } from './built-engine';
import { addModel, writeModel } from './onnx-models';

export const hasStrace = spawnSync('strace', ['-V']).status === 0;

export interface TracedRuntime {
  /** The system calls that have to do with networks. */
  readonly networkCalls: string;
  /** What the process left in its folder. */
  readonly files: readonly string[];
}

/**
 * Loads and runs a model in the environment of an engine process, stays, and ends in order, which an engine process
 * never does: a telemetry client sends what it has after some seconds, or at the end.
 */
export async function traceRuntime(folder: string, stayMs: number): Promise<TracedRuntime> {
  const modelPath = await writeModel(join(folder, 'add.onnx'), addModel(1));
  const runtimePath = join(dirname(await builtEngineProcessPath()), 'native-runtime.js');
  const script = `
    const feeds = new Map([['x', { type: 'float32', dims: [1, 4], data: new Float32Array(4) }]]);
    require(${JSON.stringify(runtimePath)})
      .loadNativeRuntime([])
      .open(${JSON.stringify(modelPath)}, { intraOpNumThreads: 1 })
      .then((session) => session.run(feeds, ['y']))
      .then(() => setTimeout(() => undefined, ${stayMs}));`;
  const home = join(folder, 'home');
  const trace = join(folder, 'trace');
  mkdirSync(home);
  const command = ['-f', '-qq', '-e', 'trace=network', '-o', trace, process.execPath, '-e', script];
  const run = spawnSync('strace', command, { env: { ...buildEnvironment(home), PATH: process.env['PATH'] } });
  if (run.status !== 0) throw new Error(`the traced process failed: ${run.stderr}`);
  return { networkCalls: readFileSync(trace, 'utf8'), files: readdirSync(home) };
}
