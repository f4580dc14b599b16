import { fork } from 'node:child_process';
import { once } from 'node:events';
import mqtt, { type MqttClient } from 'mqtt';
import { quantile } from './bench';

/** One measurement: what goes in and how, for how long. Answers come in the order of the questions. */
export interface Load {
  readonly inbound: string;
  readonly outbound: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  /** So many without an answer at once. */
  readonly window?: number;
  /** Or so many a second, whatever comes back. */
  readonly perSecond?: number;
  readonly durationMs: number;
  /** How long the last answers are waited for. Default 5,000. */
  readonly patienceMs?: number;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly answeredCount: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Questions without an answer in the end. */
  readonly lostCount: number;
}

const PATIENCE_MS = 5_000;

/** A client in a process of its own, so that what it does is not on anybody's account. */
export class MqttLoad implements AsyncDisposable {
  private constructor(private readonly child: ReturnType<typeof fork>) {}

  static async start(url: string): Promise<MqttLoad> {
    const child = fork(__filename, [url], { execArgv: ['-r', 'tsx/cjs'] });
    await once(child, 'message');
    return new MqttLoad(child);
  }

  async measure(load: Load): Promise<LoadResult> {
    return (await this.measureAll([load]))[0] as LoadResult;
  }

  /** All at the same time. */
  async measureAll(loads: readonly Load[]): Promise<readonly LoadResult[]> {
    this.child.send(loads);
    const [results] = (await once(this.child, 'message')) as [readonly LoadResult[]];
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill();
    await gone;
  }
}

async function measure(client: MqttClient, load: Load): Promise<LoadResult> {
  const { inbound, outbound, payload, qos, window, perSecond, durationMs, patienceMs = PATIENCE_MS } = load;
  const sentAt: number[] = [];
  const rtts: number[] = [];
  let isOver = false;
  const ended = Promise.withResolvers<void>();
  const send = (): void => {
    sentAt.push(performance.now());
    client.publish(inbound, payload, { qos });
  };
  const onMessage = (topic: string): void => {
    if (topic !== outbound) return;
    rtts.push(performance.now() - (sentAt[rtts.length] ?? Number.NaN));
    if (!isOver && window !== undefined) send();
    if (isOver && rtts.length === sentAt.length) ended.resolve();
  };
  client.on('message', onMessage);
  await client.subscribeAsync(outbound, { qos });
  const startMs = performance.now();
  for (let n = 0; n < (window ?? 0); n += 1) send();
  const rate = perSecond ?? 0;
  const ticker = setInterval(() => {
    const due = ((performance.now() - startMs) * rate) / 1_000;
    while (!isOver && sentAt.length < due) send();
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  clearInterval(ticker);
  const answeredCount = rtts.length;
  const elapsedMs = performance.now() - startMs;
  isOver = true;
  const timer = setTimeout(() => ended.resolve(), patienceMs);
  if (rtts.length < sentAt.length) await ended.promise;
  clearTimeout(timer);
  client.off('message', onMessage);
  await client.unsubscribeAsync(outbound);
  const times = Float64Array.from(rtts);
  return {
    perSecond: (answeredCount * 1_000) / elapsedMs,
    answeredCount: rtts.length,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    maxMs: quantile(times, 1),
    lostCount: sentAt.length - rtts.length,
  };
}

async function serve(url: string): Promise<void> {
  const client = await mqtt.connectAsync(url);
  client.setMaxListeners(0);
  process.on('message', (loads: readonly Load[]) => {
    Promise.all(loads.map((load) => measure(client, load))).then(
      (results) => process.send?.(results),
      () => process.exit(1),
    );
  });
  process.send?.('ready');
}

if (require.main === module) void serve(process.argv[2] ?? '');
