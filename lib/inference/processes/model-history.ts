import {
  type ActivityColumns,
  type ActivityRow,
  coarseMinutes,
  coarseStepMs,
  fineMinutes,
  fineStepMs,
} from '../activity';
import { SampleRing } from './sample-ring';

const MINUTE_MS = 60_000;

/** What a version did: the last minutes in full, the last hours by the minute; about 16 KiB, however much happens. */
export class ModelHistory {
  readonly #fine = new SampleRing((fineMinutes * MINUTE_MS) / fineStepMs);
  readonly #coarse = new SampleRing((coarseMinutes * MINUTE_MS) / coarseStepMs);

  /** When the newest sample was taken; undefined without one. */
  get newestAt(): number | undefined {
    return this.#fine.newestAt;
  }

  addFine(atMs: number, row: ActivityRow): void {
    this.#fine.add(atMs, row);
  }

  addCoarse(atMs: number, row: ActivityRow): void {
    this.#coarse.add(atMs, row);
  }

  /** The last `minutes` before `nowMs`: in full as long as that is kept, else by the minute, without the one under way. */
  read(minutes: number, nowMs: number): ActivityColumns {
    return (minutes <= fineMinutes ? this.#fine : this.#coarse).read(nowMs - minutes * MINUTE_MS);
  }
}
