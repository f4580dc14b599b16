import type { Tensor } from '../tensor';
import { encodeFrame } from '../wire/frame-encoder';
import type { FrameWriter } from '../wire/frame-writer';
import type { AnswerItem, Frame, RequestItem } from '../wire/frames';
import type { RunnableModel } from './runnable-model';

/** Told before and after each call of the runtime, so that a watchdog on another thread sees one that hangs. */
export interface RunProgress {
  begin(requestId: number): void;
  end(): void;
}

/**
 * After so much work in one turn of the event loop the answers so far leave: a slow model's first answer must not
 * wait for its sixty-fourth.
 */
const TURN_BUDGET_MS = 5;

/** Child side: takes request frames, runs them in their order, answers each request with its own status. */
export class ModelServer {
  #waiting: (readonly RequestItem[])[] = [];
  #isBusy = false;

  constructor(
    private readonly model: RunnableModel,
    private readonly answers: FrameWriter,
    private readonly progress: RunProgress,
  ) {}

  /**
   * Queues the requests of a frame; nothing runs before `serve`.
   * @throws {Error} the frame is no request
   */
  accept(frame: Frame): void {
    if (frame.kind !== 'requests') throw new Error('an engine process takes requests only');
    this.#waiting.push(frame.items);
  }

  /** Runs what waits; synchronously as long as the runtime answers so and the turn is short. Never rejects. */
  async serve(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    let turnStart = performance.now();
    for (let items = this.#waiting.shift(); items; items = this.#waiting.shift()) {
      for (const item of items) {
        const answer = this.#answer(item);
        this.#send(answer instanceof Promise ? await answer : answer);
        if (performance.now() - turnStart < TURN_BUDGET_MS) continue;
        this.answers.flush();
        await new Promise((resolve) => setImmediate(resolve));
        turnStart = performance.now();
      }
    }
    this.answers.flush();
    this.#isBusy = false;
  }

  #send(answer: AnswerItem): void {
    try {
      this.answers.add(encodeFrame({ kind: 'answers', items: [answer] }));
    } catch (error) {
      this.answers.add(encodeFrame({ kind: 'answers', items: [refusal(answer.id, error)] }));
    }
  }

  #answer(item: RequestItem): AnswerItem | Promise<AnswerItem> {
    const { inputs, outputs } = this.model.signature;
    const feeds = new Map<string, Tensor>();
    for (const { index, tensor } of item.tensors) feeds.set(inputs[index]?.name ?? '', tensor);
    const indices = item.fetches.length > 0 ? item.fetches : outputs.map((_, index) => index);
    const names = indices.map((index) => outputs[index]?.name ?? '');
    this.progress.begin(item.id);
    const startMs = performance.now();
    const finish = (results: Map<string, Tensor>): AnswerItem => {
      const durationMs = performance.now() - startMs;
      this.progress.end();
      const tensors = indices.flatMap((index, n) => {
        const tensor = results.get(names[n] ?? '');
        return tensor ? [{ index, tensor }] : [];
      });
      return { id: item.id, status: 'ok', durationMs, batchSize: 1, tensors };
    };
    const fail = (error: unknown): AnswerItem => {
      this.progress.end();
      return refusal(item.id, error);
    };
    try {
      const results = this.model.run(feeds, names);
      return results instanceof Promise ? results.then(finish, fail) : finish(results);
    } catch (error) {
      return fail(error);
    }
  }
}

function refusal(id: number, error: unknown): AnswerItem {
  const message = error instanceof Error ? error.message : String(error);
  return { id, status: 'refused', message: message.trim().slice(0, 4_000) };
}
