import type { Tensor, Tensors } from '../tensor';
import { rowsOf } from '../tensor-rows';
import { encodeFrame } from '../wire/frame-encoder';
import type { FrameWriter } from '../wire/frame-writer';
import type { AnswerItem, Batch, BatchResults, Frame, IndexedTensor, RequestItem } from '../wire/frames';
import type { RunnableModel } from './runnable-model';

/** Told before and after each call of the runtime, so that a watchdog on another thread sees one that hangs. */
export interface RunProgress {
  /** @param requestId - 0 = several requests, or none of a caller */
  begin(requestId: number): void;
  end(): void;
}

/**
 * After so much work in one turn of the event loop the answers so far leave: a slow model's first answer must not
 * wait for its sixty-fourth.
 */
const TURN_BUDGET_MS = 5;

type Work = RequestItem | Batch;

/** Child side: runs what the frames ask for in their order; each request gets its own answer. */
export class ModelServer {
  #waiting: Work[] = [];
  #next = 0;
  #isBusy = false;
  /** The rows of this model have turned out not to stay what they are beside others. */
  #isBatchingOver = false;

  constructor(
    private readonly model: RunnableModel,
    private readonly answers: FrameWriter,
    private readonly progress: RunProgress,
  ) {}

  /**
   * Queues the work of a frame; nothing runs before `serve`.
   * @throws {Error} the frame is no request
   */
  accept(frame: Frame): void {
    if (frame.kind === 'requests') this.#waiting.push(...frame.items);
    else if (frame.kind === 'batch') this.#waiting.push(frame);
    else throw new Error('an engine process takes requests only');
  }

  /** Runs what waits; synchronously as long as the runtime answers so and the turn is short. Never rejects. */
  async serve(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    let turnStart = performance.now();
    for (let work = this.#take(); work; work = this.#take()) {
      const answer = 'entries' in work ? this.#runBatch(work) : this.#answer(work);
      this.#send(answer instanceof Promise ? await answer : answer);
      if (performance.now() - turnStart < TURN_BUDGET_MS) continue;
      this.answers.flush();
      await new Promise((resolve) => setImmediate(resolve));
      turnStart = performance.now();
    }
    this.answers.flush();
    this.#isBusy = false;
  }

  #take(): Work | undefined {
    const work = this.#waiting[this.#next];
    this.#next += 1;
    if (work !== undefined) return work;
    this.#waiting = [];
    this.#next = 0;
    return undefined;
  }

  #send(answer: AnswerItem | BatchResults | readonly AnswerItem[]): void {
    if (isList(answer)) {
      for (const one of answer) this.#send(one);
      return;
    }
    const isBatch = 'entries' in answer;
    try {
      this.answers.add(encodeFrame(isBatch ? answer : { kind: 'answers', items: [answer] }));
    } catch (error) {
      const refused = isBatch ? answer.entries.map(({ id }) => refusal(id, error)) : [refusal(answer.id, error)];
      this.answers.add(encodeFrame({ kind: 'answers', items: refused }));
    }
  }

  /** All rows in one call; one by one where that fails, so that nobody gets a neighbour's error. */
  async #runBatch(batch: Batch): Promise<BatchResults | readonly AnswerItem[]> {
    const { entries, fetches, tensors } = batch;
    if (!this.#isBatchingOver) {
      const startMs = performance.now();
      const results = await this.#tryRun(0, tensors, fetches);
      const durationMs = performance.now() - startMs;
      const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
      const isWhole = !(results instanceof Error) && results.every(({ tensor }) => tensor.dims[0] === rows);
      if (isWhole) return { kind: 'results', entries, durationMs, tensors: results };
      this.#isBatchingOver = !(results instanceof Error);
    }
    const answers: AnswerItem[] = [];
    for (const request of requestsOf(batch)) answers.push(await this.#answer(request));
    return answers;
  }

  #answer({ id, fetches, tensors }: RequestItem): AnswerItem | Promise<AnswerItem> {
    const startMs = performance.now();
    const finish = (results: readonly IndexedTensor[] | Error): AnswerItem =>
      results instanceof Error
        ? refusal(id, results)
        : { id, status: 'ok', durationMs: performance.now() - startMs, batchSize: 1, tensors: results };
    const results = this.#tryRun(id, tensors, fetches);
    return results instanceof Promise ? results.then(finish) : finish(results);
  }

  /** One call of the runtime; never throws. */
  #tryRun(
    id: number,
    tensors: readonly IndexedTensor[],
    fetches: readonly number[],
  ): readonly IndexedTensor[] | Error | Promise<readonly IndexedTensor[] | Error> {
    const { inputs, outputs } = this.model.signature;
    const feeds = new Map<string, Tensor>();
    for (const { index, tensor } of tensors) feeds.set(inputs[index]?.name ?? '', tensor);
    const indices = fetches.length > 0 ? fetches : outputs.map((_, index) => index);
    const names = indices.map((index) => outputs[index]?.name ?? '');
    const finish = (results: Tensors): readonly IndexedTensor[] => {
      this.progress.end();
      return indices.flatMap((index, n) => {
        const tensor = results.get(names[n] ?? '');
        return tensor ? [{ index, tensor }] : [];
      });
    };
    const fail = (error: unknown): Error => {
      this.progress.end();
      return error instanceof Error ? error : new Error(String(error));
    };
    this.progress.begin(id);
    try {
      const results = this.model.run(feeds, names);
      return results instanceof Promise ? results.then(finish, fail) : finish(results);
    } catch (error) {
      return fail(error);
    }
  }
}

function isList(answer: AnswerItem | BatchResults | readonly AnswerItem[]): answer is readonly AnswerItem[] {
  return Array.isArray(answer);
}

function requestsOf({ entries, fetches, tensors }: Batch): RequestItem[] {
  let from = 0;
  return entries.map(({ id, rows }) => {
    const start = from;
    from += rows;
    return {
      id,
      fetches,
      tensors: tensors.map(({ index, tensor }) => ({ index, tensor: rowsOf(tensor, start, rows) })),
    };
  });
}

function refusal(id: number, error: unknown): AnswerItem {
  const message = error instanceof Error ? error.message : String(error);
  return { id, status: 'refused', message: message.trim().slice(0, 4_000) };
}
