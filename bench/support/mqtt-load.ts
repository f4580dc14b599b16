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
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that did not come within 5 s of the last question. */
  readonly lostCount: number;
}

const LAST_ANSWER_MS = 5_000;

/** A client in a process of its own, so that what it does is not on anybody's account. */
export class MqttLoad implements AsyncDisposable {
  private constructor(private readonly child: ReturnType<typeof fork>) {}

  static async start(url: string): Promise<MqttLoad> {
    const child = fork(__filename, [url], { execArgv: ['-r', 'tsx/cjs'] });
    await once(child, 'message');
    return new MqttLoad(child);
  }

  async measure(load: Load): Promise<LoadResult> {
    this.child.send(load);
    const [result] = (await once(this.child, 'message')) as [LoadResult];
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill();
    await gone;
  }
}

async function measure(client: MqttClient, load: Load): Promise<LoadResult> {
  const { inbound, outbound, payload, qos, window, perSecond, durationMs } = load;
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
  const timer = setTimeout(() => ended.resolve(), LAST_ANSWER_MS);
  if (rtts.length < sentAt.length) await ended.promise;
  clearTimeout(timer);
  client.off('message', onMessage);
  await client.unsubscribeAsync(outbound);
  const times = Float64Array.from(rtts);
  return {
    perSecond: (answeredCount * 1_000) / elapsedMs,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    lostCount: sentAt.length - rtts.length,
  };
}

async function serve(url: string): Promise<void> {
  const client = await mqtt.connectAsync(url);
  process.on('message', (load: Load) => {
    measure(client, load).then(
      (result) => process.send?.(result),
      () => process.exit(1),
    );
  });
  process.send?.('ready');
}

if (require.main === module) void serve(process.argv[2] ?? '');
