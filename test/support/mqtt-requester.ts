import { randomUUID } from 'node:crypto';
import mqtt, { type MqttClient } from 'mqtt';
import type { Mosquitto } from './mosquitto';

export interface RequesterOptions {
  readonly questionTopic: string;
  readonly answerTopic: string;
  /** After which a question that was not answered is asked again. */
  readonly repeatMs: number;
}

interface Open {
  readonly payload: string;
  askedAtMs: number;
  readonly resolve: (answer: unknown) => void;
}

function* numbered<T>(items: Iterable<T>): Generator<readonly [number, T]> {
  let index = 0;
  for (const item of items) {
    yield [index, item];
    index += 1;
  }
}

/**
 * Asks at QoS 1 with MQTT 5's correlation data, again and again until there is an answer: what those who ask Node-REDs with a
 * shared subscription do for nothing to be lost.
 */
export class MqttRequester implements AsyncDisposable {
  readonly #open = new Map<string, Open>();
  /** Questions asked more than once, each time counted. */
  repeatedCount = 0;
  /** Answers to what was answered before. */
  duplicateCount = 0;
  answeredCount = 0;

  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly client: MqttClient,
    private readonly options: RequesterOptions,
  ) {
    client.on('message', (_topic, payload, packet) => this.#onAnswer(payload, packet.properties?.correlationData));
    this.timer = setInterval(() => this.#repeat(), options.repeatMs / 10);
  }

  static async start(broker: Mosquitto, options: RequesterOptions): Promise<MqttRequester> {
    const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5, connectTimeout: 5_000 });
    const requester = new MqttRequester(client, options);
    await client.subscribeAsync(options.answerTopic, { qos: 1 });
    return requester;
  }

  /** Asks one question. */
  ask(question: unknown): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const id = randomUUID();
    this.#open.set(id, { payload: JSON.stringify(question), askedAtMs: 0, resolve });
    this.#send(id);
    return promise;
  }

  /** Asks all, never more than `maxOpenCount` at a time. Answers stand in the order of the questions. */
  async askAll(questions: Iterable<unknown>, maxOpenCount: number): Promise<readonly unknown[]> {
    const answers: unknown[] = [];
    const left = numbered(questions);
    const takeTurns = async (): Promise<void> => {
      for (const [index, question] of left) answers[index] = await this.ask(question);
    };
    await Promise.all(Array.from({ length: maxOpenCount }, takeTurns));
    return answers;
  }

  #send(id: string): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.askedAtMs = performance.now();
    const properties = { correlationData: Buffer.from(id) };
    this.client.publish(this.options.questionTopic, open.payload, { qos: 1, properties }, () => undefined);
  }

  #repeat(): void {
    for (const [id, { askedAtMs }] of this.#open) {
      if (performance.now() - askedAtMs < this.options.repeatMs) continue;
      this.repeatedCount += 1;
      this.#send(id);
    }
  }

  #onAnswer(payload: Buffer, correlation: Buffer | undefined): void {
    const id = correlation?.toString() ?? '';
    const open = this.#open.get(id);
    if (!open) {
      this.duplicateCount += 1;
      return;
    }
    this.#open.delete(id);
    this.answeredCount += 1;
    open.resolve(JSON.parse(payload.toString()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    await this.client.endAsync(true);
  }
}
