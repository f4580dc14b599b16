import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the probe tells since it was asked last. */
export interface ProbeFacts {
  /** Of the event loop of Node-RED, in milliseconds, resolution 1 ms. */
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Processor time of Node-RED's own process. */
  readonly cpuUs: number;
  readonly rssBytes: number;
}

const source = (runtimePath: string): string => `
const { monitorEventLoopDelay } = require('node:perf_hooks');
module.exports = (RED) => {
  // The model in Node-RED's own process, as short as it can be written.
  RED.nodes.registerType('bench-inline', function (config) {
    RED.nodes.createNode(this, config);
    const { InferenceSession, Tensor } = require(${JSON.stringify(runtimePath)});
    const session = InferenceSession.create(config.path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    this.on('input', async (msg, send, done) => {
      try {
        const own = await session;
        const data = Float32Array.from(msg.payload.flat());
        const feeds = { [own.inputNames[0]]: new Tensor('float32', data, [data.length / config.width, Number(config.width)]) };
        const results = await own.run(feeds);
        const result = results[own.outputNames[0]];
        msg.payload = Array.from(result.data);
        send(msg);
        done();
      } catch (error) {
        done(error);
      }
    });
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let cpu = process.cpuUsage();
  RED.httpAdmin.get('/bench/probe', (_request, response) => {
    const used = process.cpuUsage(cpu);
    const ms = (ns) => ns / 1e6;
    response.json({
      loopDelay: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
      cpuUs: used.user + used.system,
      rssBytes: process.memoryUsage.rss(),
    });
    delay.reset();
    cpu = process.cpuUsage();
  });
  const { Session } = require('node:inspector/promises');
  let profiler;
  RED.httpAdmin.post('/bench/profile', async (_request, response) => {
    profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: 200 });
    await profiler.post('Profiler.start');
    response.end();
  });
  RED.httpAdmin.delete('/bench/profile', async (_request, response) => {
    const { profile } = await profiler.post('Profiler.stop');
    profiler.disconnect();
    response.json(profile);
  });
};`;

/** Nodes for benches only, where Node-RED looks for nodes that were put there by hand. */
export async function writeBenchNodes(userDir: string): Promise<void> {
  const folder = join(userDir, 'nodes');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'bench.js'), source(require.resolve('onnxruntime-node')));
  await writeFile(join(folder, 'bench.html'), '<script type="text/html" data-template-name="bench-inline"></script>');
}
