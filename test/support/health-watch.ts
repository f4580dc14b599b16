import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { NodeRed } from './node-red';

/** How Node-RED answered while it was watched. */
export interface HealthRecord {
  readonly answerCount: number;
  readonly failureCount: number;
  readonly slowestMs: number;
  readonly medianMs: number;
}

/** A thread of its own with one kept connection: what the test does at the same time does not count. */
const SOURCE = `
const { Agent, get } = require('node:http');
const { parentPort, workerData: url } = require('node:worker_threads');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const times = [];
let failureCount = 0;
let isOver = false;
const ask = () => new Promise((resolve) => {
  const startMs = performance.now();
  const settle = (isGood) => {
    if (isGood) times.push(performance.now() - startMs);
    else failureCount += 1;
    resolve();
  };
  get(url, { agent }, (response) => {
    response.resume();
    response.on('end', () => settle(response.statusCode === 200));
  }).on('error', () => settle(false));
});
parentPort.once('message', () => { isOver = true; });
(async () => {
  await ask();
  times.length = 0;
  parentPort.postMessage('watching');
  while (!isOver) {
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  times.sort((a, b) => a - b);
  parentPort.postMessage({
    answerCount: times.length,
    failureCount,
    slowestMs: Math.round(times.at(-1) ?? 0),
    medianMs: Math.round(times[times.length >> 1] ?? 0),
  });
  agent.destroy();
})();`;

/** Asks for `/model-management/health` all the while, until told to stop. */
export class HealthWatch {
  private constructor(private readonly worker: Worker) {}

  static async start(nodeRed: NodeRed): Promise<HealthWatch> {
    const url = new URL('model-management/health', nodeRed.url).href;
    const worker = new Worker(SOURCE, { eval: true, workerData: url });
    await once(worker, 'message');
    return new HealthWatch(worker);
  }

  async stop(): Promise<HealthRecord> {
    const told = once(this.worker, 'message');
    this.worker.postMessage('stop');
    const [record] = (await told) as [HealthRecord];
    await this.worker.terminate();
    return record;
  }
}
