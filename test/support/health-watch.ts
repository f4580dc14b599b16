import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { NodeRed } from './node-red';

/** How Node-RED answered while it was watched. */
export interface HealthRecord {
  readonly answerCount: number;
  readonly failureCount: number;
  /** By the clock, also while others had the processor or the machine stood still. */
  readonly slowestMs: number;
  /**
   * How long Node-RED's thread worked, at the most, until an answer came: the part of that time in which it had the
   * processor and this process was not held up either. As `slowestMs` where the system does not tell it (other than Linux).
   */
  readonly busiestMs: number;
  readonly medianMs: number;
}

export const healthWords = ({ answerCount, medianMs, slowestMs, busiestMs }: HealthRecord): string =>
  `${answerCount} answers, median ${medianMs} ms, slowest ${slowestMs} ms, of which at most ${busiestMs} ms at work`;

/** A thread of its own with one kept connection: what the test does at the same time does not count. */
const SOURCE = `
const { readFileSync } = require('node:fs');
const { Agent, get } = require('node:http');
const { parentPort, workerData: { url, pid } } = require('node:worker_threads');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const TICK_MS = 10;
const times = [];
let busiestMs = 0;
let failureCount = 0;
let isOver = false;

// Of Node-RED's own thread, which has the number of its process; in hundredths of a second.
const workedMs = () => {
  if (process.platform !== 'linux') return performance.now();
  const stat = readFileSync('/proc/' + pid + '/task/' + pid + '/stat', 'utf8');
  const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * 10;
};

// Time in which this thread was held up.
let heldMs = 0;
let seenMs = performance.now();
const look = () => {
  const nowMs = performance.now();
  heldMs += Math.max(0, nowMs - seenMs - 2 * TICK_MS);
  seenMs = nowMs;
};
setInterval(look, TICK_MS).unref();

const ask = () => new Promise((resolve) => {
  look();
  const [startMs, startHeldMs, startWorkedMs] = [performance.now(), heldMs, workedMs()];
  const settle = (isGood) => {
    look();
    const tookMs = performance.now() - startMs;
    if (isGood) times.push(tookMs);
    else failureCount += 1;
    busiestMs = Math.max(busiestMs, Math.min(tookMs - (heldMs - startHeldMs), workedMs() - startWorkedMs));
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
  busiestMs = 0;
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
    busiestMs: Math.round(busiestMs),
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
