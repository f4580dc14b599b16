import { createHash } from 'node:crypto';
import { type ScheduledTask, schedule } from 'node-cron';
import { asModelManagementError } from '../errors';
import type { TrainingDeps } from './dependencies';
import type { JobDocument } from './job';
import type { Jobs } from './jobs';
import { dueNow } from './schedule/due';
import { nextAfter } from './schedule/next-after';

const EVERY_SECOND = '* * * * * *';

export interface SchedulerActions {
  /** Starts a run for a time of the schedule; the same time twice is one run. */
  start(job: JobDocument, dueMs: number, notBefore: number): Promise<void>;
}

/**
 * Asks once a second which jobs are due, and starts them. What has been dealt with is written down after the run is, and
 * a run is known by the time it is for: so a crash between the two neither loses nor doubles one.
 */
export class Scheduler {
  #ticker: ScheduledTask | undefined;
  #isTicking = false;

  constructor(
    private readonly jobs: Jobs,
    private readonly deps: Pick<TrainingDeps, 'clock' | 'log'>,
    private readonly actions: SchedulerActions,
  ) {}

  start(): void {
    this.#ticker = schedule(EVERY_SECOND, () => this.tick(), { suppressMissedWarning: true, unref: true });
  }

  async stop(): Promise<void> {
    await this.#ticker?.destroy();
  }

  /** Never rejects; one at a time. */
  async tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      // Each as it is when its turn comes: the ones before may have taken their time.
      for (const { name } of this.jobs.all()) await this.#look(this.jobs.find(name));
    } finally {
      this.#isTicking = false;
    }
  }

  /** When a job runs next by itself; null = it does not. */
  nextOf({ fields, createdAt, scheduleHandledAt }: JobDocument): number | null {
    if (!fields.schedule || fields.paused) return null;
    return nextAfter(fields.schedule, createdAt, Math.max(scheduleHandledAt, this.deps.clock.now() - 1_000));
  }

  async #look(job: JobDocument | undefined): Promise<void> {
    if (!job) return;
    const { schedule: rule, paused, catchUpMs } = job.fields;
    if (!rule || paused) return;
    const facts = { schedule: rule, anchorMs: job.createdAt, handledMs: job.scheduleHandledAt, catchUpMs };
    const due = dueNow(facts, this.deps.clock.now());
    if (due.kind === 'none') return;
    const log = this.deps.log.child({ job: job.name });
    if (due.kind === 'missed') log.warn('times of a schedule passed while nothing ran', { count: due.count });
    else {
      try {
        await this.actions.start(job, due.dueMs, due.dueMs + jitterOf(job._id, due.dueMs, rule.jitterMs));
      } catch (error) {
        const { code, message } = asModelManagementError(error);
        log.warn('scheduled run not started', { code, message });
      }
    }
    await this.jobs
      .note(job.name, (now) => ({ ...now, scheduleHandledAt: Math.max(now.scheduleHandledAt, due.dueMs) }))
      .catch((error: unknown) => log.error('schedule not noted', { error }));
  }
}

/** By chance, but the same however often it is asked. */
function jitterOf(jobId: string, dueMs: number, jitterMs: number): number {
  if (jitterMs === 0) return 0;
  return createHash('sha256').update(`${jobId} ${dueMs}`).digest().readUInt32BE(0) % (jitterMs + 1);
}
