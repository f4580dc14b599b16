import type { ErrorCode, ModelManagementError } from '../../errors';
import { type ActivityRow, coarseStepMs } from '../activity';
import type { ModelCounts, RecentFigures } from '../engine';
import type { ModelHistory } from './model-history';
import { Tally } from './tally';

interface Gauges {
  /** Requests waiting or running. */
  readonly queue: number;
  readonly memoryBytes: number | null;
}

/** Counts and latencies of one loaded version; `sample` writes them into its history. */
export class ModelFigures {
  readonly #errors = new Map<ErrorCode, number>();
  /** Since the last sample; before that, since the minute began; and the minute before that. */
  readonly #current = new Tally();
  #minute = new Tally();
  #lastMinute = new Tally();
  #requestCount = 0;
  #answeredCount = 0;
  #errorCount = 0;
  #restartCount = 0;
  #latencySumMs = 0;
  #sampledAt: number;
  #minuteAt: number;
  #isEnded = false;

  /** @param nowMs - milliseconds since the epoch, as for `sample` */
  constructor(
    private readonly history: ModelHistory,
    nowMs: number,
  ) {
    this.#sampledAt = nowMs;
    this.#minuteAt = nowMs;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  begin(): void {
    this.#requestCount++;
    this.#current.requestCount++;
  }

  /** @param latencyMs - from hand-over to answer; @param runMs - of the call that it shared with `batchSize` requests */
  answered(latencyMs: number, runMs: number, batchSize: number): void {
    this.#answeredCount++;
    this.#latencySumMs += latencyMs;
    this.#current.answered(latencyMs, runMs, batchSize);
  }

  /** One that its caller gave up (`ABORTED`) is no error. */
  failed({ code }: ModelManagementError): void {
    if (code === 'ABORTED') return;
    this.#errorCount++;
    this.#current.errorCount++;
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  /** A request that was not even taken in. @returns the same error, to be thrown */
  refused(error: ModelManagementError): ModelManagementError {
    this.begin();
    this.failed(error);
    return error;
  }

  restarted(): void {
    this.#restartCount++;
    this.#current.restartCount++;
  }

  /** Closes a span of time. */
  sample(nowMs: number, gauges: Gauges): void {
    if (this.#isEnded) return;
    this.history.addFine(nowMs, rowOf(this.#current, nowMs - this.#sampledAt, gauges));
    this.#sampledAt = nowMs;
    this.#minute.addAll(this.#current);
    this.#current.clear();
    if (Math.abs(nowMs - this.#minuteAt) < coarseStepMs) return;
    this.history.addCoarse(nowMs, rowOf(this.#minute, nowMs - this.#minuteAt, gauges));
    this.#minuteAt = nowMs;
    const before = this.#lastMinute;
    this.#lastMinute = this.#minute;
    before.clear();
    this.#minute = before;
  }

  /** The last sample; nothing is written afterwards. Idempotent. */
  end(nowMs: number): void {
    this.sample(nowMs, { queue: 0, memoryBytes: null });
    this.#isEnded = true;
  }

  read(): ModelCounts & RecentFigures {
    const recent = new Tally();
    for (const tally of [this.#current, this.#minute, this.#lastMinute]) recent.addAll(tally);
    return {
      requests: this.#requestCount,
      answered: this.#answeredCount,
      errors: this.#errorCount,
      errorCodes: Object.fromEntries(this.#errors),
      timeouts: (this.#errors.get('TIMEOUT') ?? 0) + (this.#errors.get('ENGINE_TIMEOUT') ?? 0),
      restarts: this.#restartCount,
      latencySumMs: this.#latencySumMs,
      ...recent.read(),
    };
  }
}

function rowOf(tally: Tally, spanMs: number, gauges: Gauges): ActivityRow {
  return {
    // A clock that was set back gives no rate.
    spanMs: spanMs > 0 ? spanMs : null,
    requests: tally.requestCount,
    answered: tally.answeredCount,
    errors: tally.errorCount,
    restarts: tally.restartCount,
    ...tally.read(),
    ...gauges,
  };
}
