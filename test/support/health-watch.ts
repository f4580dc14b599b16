import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { NodeRed } from './node-red';

/** How Node-RED answered while it was watched. */
export interface HealthRecord {
  readonly answerCount: number;
  readonly failureCount: number;
  /** Without the time in which the machine let Node-RED, or what watches it, wait for a processor. */
  readonly slowestMs: number;
  readonly medianMs: number;
}

export const healthWords = ({ answerCount, medianMs, slowestMs }: HealthRecord): string =>
  `${answerCount} answers, median ${medianMs} ms, slowest ${slowestMs} ms`;

/** A thread of its own with one kept connection: what the test does at the same time does not count. */
const SOURCE = `
const { readFileSync } = require('node:fs');
const { Agent, get } = require('node:http');
const { parentPort, workerData: { url, pid } } = require('node:worker_threads');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const TICK_MS = 20;
const LATE_MS = 50;
const times = [];
let failureCount = 0;
let isOver = false;
let seenAtMs = performance.now();
let ownWaitMs = 0;
const look = () => {
  const lateMs = performance.now() - seenAtMs - TICK_MS;
  if (lateMs > LATE_MS) ownWaitMs += lateMs;
  seenAtMs = performance.now();
};
setInterval(look, TICK_MS);
// Of the thread that answers: time on a processor, time of waiting for one, both in ns.
// See https://docs.kernel.org/scheduler/sched-stats.html
const waitOfNodeRedMs = () => {
  try {
    return Number(readFileSync('/proc/' + pid + '/task/' + pid + '/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
};
const ask = () => new Promise((resolve) => {
  look();
  const [startMs, ownMs, nodeRedMs] = [performance.now(), ownWaitMs, waitOfNodeRedMs()];
  const settle = (isGood) => {
    look();
    const waitMs = Math.max(ownWaitMs - ownMs, waitOfNodeRedMs() - nodeRedMs);
    if (isGood) times.push(Math.max(0, performance.now() - startMs - waitMs));
    else failureCount += 1;
    resolve();
  };
  const attempt = () => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => settle(response.statusCode === 200));
    });
    // Node-RED closes a kept connection on which it heard nothing for 5 s, be it because it stood still.
    request.on('error', ({ code }) => (request.reusedSocket && code === 'ECONNRESET' ? attempt() : settle(false)));
  };
  attempt();
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
    const worker = new Worker(SOURCE, { eval: true, workerData: { url, pid: nodeRed.pid } });
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
