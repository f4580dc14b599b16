import { createReadStream, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../clock';
import { asModelManagementError, ModelManagementError } from '../../../errors';
import type { Digest } from '../../../ids';
import type { Log } from '../../../log';
import type { BlobStore, DocumentStore, Secrets } from '../../../store';
import { type DelegatedStepDeps, DelegatedSteps } from '../../../training/delegated/delegated-steps';
import { runOf } from '../../../training/delegated/run-spec';
import type { RunDocument } from '../../../training/run/run-document';
import { RunDriver } from '../../../training/run/run-driver';
import { isFinal } from '../../../training/run/run-states';
import { runPaths } from '../../../training/run/script-steps';
import { type ArtifactFetcher, ArtifactPatience, isAbsent } from '../../artifacts';
import type { DesiredRun, ReportedRun, RunLogEvent } from '../../protocol/run-documents';
import { boxContext, openSpec } from '../../protocol/run-spec-box';
import type { BoxKey, BoxKeyText } from '../../protocol/sealed-box';
import { type EdgeRun, type EdgeRunDocument, isOver } from './edge-run-document';
import { EdgeRunStore } from './edge-run-store';
import { LiveLog } from './live-log';
import { type OwnRun, ownRuns } from './own-runs';
import { type EdgeRunAction, planEdgeRuns } from './plan-edge-runs';
import { reportEdgeRuns } from './report-edge-runs';

export interface EdgeRunsDeps extends Pick<DelegatedStepDeps, 'runsPath' | 'collections' | 'runnerOf'> {
  readonly documents: DocumentStore<EdgeRunDocument>;
  /** Of the files of runs only. */
  readonly blobs: BlobStore;
  readonly fetcher: Pick<ArtifactFetcher, 'fetch' | 'collect'>;
  readonly boxKey: BoxKey;
  readonly secrets: Pick<Secrets, 'encrypt' | 'decrypt'>;
  readonly hubId: string;
  readonly edge: string;
  /** Between two tries to fetch the files of a run. Default 5 s. */
  readonly fetchPauseMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the agent does for its runs. */
export interface RunsLink {
  isConnected(): boolean;
  tell(event: RunLogEvent): void;
  /** What would be reported may have changed. */
  wake(): void;
}

interface Lane {
  readonly abort: AbortController;
  readonly driver: RunDriver | undefined;
  readonly live: LiveLog | undefined;
  readonly done: Promise<void>;
}

/** Of an artifact that nobody gives right now. */
const FETCH_PAUSE_MS = 5_000;
/** Of what could not be put in order, as while an engine is away. */
const ORDER_PAUSE_MS = 30_000;
const ENVIRONMENT_UNUSED_MS = 30 * 86_400_000;

/**
 * Carries out the runs that the hub wants on this edge, one at a time: brings their files here, drives them as any run
 * is driven, and keeps what they leave until the hub wants them no more. It needs neither broker nor hub to go on.
 */
export class EdgeRuns {
  readonly #store: EdgeRunStore;
  readonly #steps: DelegatedSteps;
  readonly #lanes = new Map<string, Lane>();
  readonly #progress = new Map<string, number>();
  readonly #heldUntil = new Map<string, number>();
  readonly #patience = new Map<string, ArtifactPatience>();
  #desired: readonly DesiredRun[] | null = null;
  #link: RunsLink | undefined;
  #planning: Promise<void> = Promise.resolve();
  #isPlanned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: EdgeRunsDeps) {
    this.#store = new EdgeRunStore(deps.documents);
    this.#steps = new DelegatedSteps({
      ...deps,
      givenOf: (id) => this.#store.get(id)?.given ?? { base: null, queries: [], files: [] },
      keep: (id, kind, file) => this.#keep(id, kind, file),
    });
  }

  /** Goes on with what was under way. @param desired - null while nobody has said what is wanted */
  start(link: RunsLink, desired: readonly DesiredRun[] | null): void {
    this.#link = link;
    this.#planning = this.#planning.then(() => this.#collectLeftovers());
    this.desire(desired);
  }

  desire(desired: readonly DesiredRun[] | null): void {
    this.#desired = desired;
    this.wake();
  }

  /** Leaves runs as they are, to be driven on after a restart; scripts go on meanwhile. */
  async stop(): Promise<void> {
    this.#link = undefined;
    clearTimeout(this.#timer);
    await this.#planning;
    const lanes = [...this.#lanes.values()];
    for (const { abort, driver } of lanes) {
      abort.abort(new Error('the edge stops'));
      driver?.close();
    }
    await Promise.all(lanes.map(({ done }) => done));
  }

  /** What was said while there was no connection is told now. */
  connected(): void {
    for (const { live } of this.#lanes.values()) live?.notice();
  }

  /** Fields of a report. */
  reportable(): { readonly boxKey: BoxKeyText; readonly runs?: readonly ReportedRun[] } {
    const runs = reportEdgeRuns(this.#situation(), this.#progress);
    return { boxKey: this.deps.boxKey.publicKey, ...(runs.length > 0 ? { runs } : {}) };
  }

  /** For whoever looks at this edge itself. */
  own(): readonly OwnRun[] {
    return ownRuns(this.#situation(), this.#progress);
  }

  /** True for what the hub may fetch. */
  isOffered(digest: Digest): boolean {
    return this.#store.all().some(({ outputs }) => outputs.some((output) => output.digest === digest));
  }

  wake(): void {
    if (!this.#link || this.#isPlanned) return;
    this.#isPlanned = true;
    this.#planning = this.#planning
      .then(() => this.#plan())
      .catch((error: unknown) => {
        this.deps.log.error('runs of the hub could not be planned', { error });
        this.#wakeAt(this.deps.clock.now() + FETCH_PAUSE_MS);
      });
  }

  #situation() {
    return { desired: this.#desired, runs: this.#store.all(), spent: this.#store.spent() };
  }

  async #plan(): Promise<void> {
    this.#isPlanned = false;
    if (!this.#link) return;
    for (const action of planEdgeRuns(this.#situation())) await this.#perform(action);
    this.#link?.wake();
  }

  async #perform(action: EdgeRunAction): Promise<void> {
    switch (action.kind) {
      case 'begin': {
        const { run: _id, job, fence, spec } = action.desired;
        await this.#store.add({ _id, job, fence, spec, given: null, run: null, end: null, outputs: [] });
        this.deps.log.info('run of the hub begun', { run: _id, job });
        return this.#go(_id);
      }
      case 'go':
        return this.#go(action.id);
      case 'cancel':
        return this.#cancel(action.id);
      case 'drop':
        return this.#drop(action.id);
    }
  }

  async #go(id: string): Promise<void> {
    const own = this.#store.get(id);
    if (!own || isOver(own) || this.#lanes.has(id) || this.deps.clock.now() < (this.#heldUntil.get(id) ?? 0)) return;
    const abort = new AbortController();
    const { log: path } = runPaths(this.deps.runsPath, id);
    const { clock } = this.deps;
    const link = {
      isConnected: () => this.#link?.isConnected() ?? false,
      tell: (event: RunLogEvent) => this.#link?.tell(event),
    };
    const live = own.run ? await LiveLog.open({ clock, ...link }, id, own.fence, path) : undefined;
    const driver = own.run ? this.#driver(id, live) : undefined;
    const work = driver ? driver.drive() : this.#fetch(own, abort.signal);
    const done = work.then(async () => {
      await live?.end();
      this.#lanes.delete(id);
      const left = this.#store.get(id);
      if (driver && left && !isOver(left)) this.#hold(id, ORDER_PAUSE_MS);
      this.wake();
    });
    this.#lanes.set(id, { abort, driver, live, done });
  }

  #driver(id: string, live: LiveLog | undefined): RunDriver {
    const { runsPath, clock, log } = this.deps;
    const runs = {
      get: (runId: string) => this.#store.get(runId)?.run ?? undefined,
      put: (run: RunDocument) => this.#store.update(run._id, (own) => ({ ...own, run })),
    };
    return new RunDriver(
      id,
      this.#steps,
      { documents: { runs }, runsPath, clock, log },
      {
        changed: () => this.#link?.wake(),
        logGrew: () => live?.notice(),
        ended: () => this.#keepLog(id),
      },
    );
  }

  async #cancel(id: string): Promise<void> {
    const lane = this.#lanes.get(id);
    if (this.#store.get(id)?.run) {
      if (!lane) await this.#go(id);
      await this.#lanes.get(id)?.driver?.stop('cancel');
      return;
    }
    lane?.abort.abort(new Error('cancelled'));
    await this.#store.update(id, (own) => ({ ...own, end: { state: 'cancelled', error: null } }));
  }

  /** Ends it first; what is left then goes when this is asked for again. */
  async #drop(id: string): Promise<void> {
    const own = this.#store.get(id);
    if (!own) return;
    if (own.run && !isOver(own)) {
      if (!isFinal(own.run.state) || !this.#lanes.has(id)) await this.#cancel(id);
      return;
    }
    const lane = this.#lanes.get(id);
    lane?.abort.abort(new Error('wanted no more'));
    if (lane) return;
    await rm(join(this.deps.runsPath, id), { recursive: true, force: true, maxRetries: 3 });
    await this.#store.forget(own);
    this.#progress.delete(id);
    this.#heldUntil.delete(id);
    this.#patience.delete(id);
    this.deps.log.info('run of the hub put away', { run: id });
    await this.deps.fetcher.collect((digest) => this.#isNamed(digest));
    this.wake();
    void this.#collectEnvironments(own);
  }

  /** Files that no run names: a crash may have come before they were named, or after they were. Never rejects. */
  async #collectLeftovers(): Promise<void> {
    try {
      await this.deps.fetcher.collect((digest) => this.#isNamed(digest));
    } catch (error) {
      this.deps.log.warn('files that runs left not put away', { error });
    }
  }

  /** Packages that no run has used for long. Never rejects. */
  async #collectEnvironments({ run }: EdgeRun): Promise<void> {
    if (!run) return;
    try {
      const runner = await this.deps.runnerOf(run.fields.runner);
      await runner.collectGarbage(ENVIRONMENT_UNUSED_MS);
    } catch (error) {
      this.deps.log.debug('unused environments not removed', () => ({ error }));
    }
  }

  /** Never rejects. */
  async #fetch({ _id: id, fence, spec }: EdgeRun, signal: AbortSignal): Promise<void> {
    const { fetcher, hubId, edge, boxKey, secrets, fetchPauseMs = FETCH_PAUSE_MS, clock, log } = this.deps;
    try {
      const box = await fetcher.fetch(spec, { signal });
      const opened = await openSpec(box, boxKey, boxContext({ hubId, edge, run: id, fence }));
      const { given } = opened;
      await this.#store.update(id, (own) => ({ ...own, given }));
      const total = given.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const received = new Map<Digest, number>();
      const fetchFile = ({ digest, sizeBytes }: { readonly digest: Digest; readonly sizeBytes: number }) => {
        const onProgress = ({ receivedBytes }: { readonly receivedBytes: number }): void => {
          received.set(digest, receivedBytes);
          this.#progress.set(id, [...received.values()].reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, total));
          this.#link?.wake();
        };
        return fetcher.fetch({ digest, sizeBytes }, { signal, onProgress });
      };
      await Promise.all(given.files.map(fetchFile));
      signal.throwIfAborted();
      const run = runOf(opened, (secret) => secrets.encrypt(secret), clock.now());
      await this.#store.update(id, (own) => (own.end ? own : { ...own, run }));
    } catch (error) {
      if (signal.aborted) return;
      const { code, message, hint } = isAbsent(error) ? filesGone(error) : asModelManagementError(error);
      log.warn('files of a run not fetched', { run: id, code, message });
      const patience = this.#patience.get(id) ?? new ArtifactPatience();
      this.#patience.set(id, patience);
      if (patience.mayComeLater(error)) return this.#hold(id, fetchPauseMs);
      await this.#store
        .update(id, (own) => ({ ...own, end: { state: 'failed', error: { code, message, hint } } }))
        .catch(() => this.#hold(id, FETCH_PAUSE_MS));
    }
  }

  async #keepLog(id: string): Promise<void> {
    const { log: path } = runPaths(this.deps.runsPath, id);
    // One that ended before it said anything.
    if (!existsSync(path)) return;
    const maxBytes = Number.MAX_SAFE_INTEGER;
    const lease = await this.deps.blobs
      .put(createReadStream(path), { maxBytes, signal: new AbortController().signal })
      .catch((error: unknown) => {
        // On a full disk the hub has what it heard, which is better than no end.
        if (ModelManagementError.is(error) && error.code === 'STORAGE_FULL') return undefined;
        throw error;
      });
    if (!lease) return;
    await this.#keep(id, 'log', lease);
    lease.release();
  }

  #keep(
    id: string,
    kind: 'outputs' | 'log',
    { digest, sizeBytes }: { readonly digest: Digest; readonly sizeBytes: number },
  ): Promise<void> {
    return this.#store.update(id, (own) => ({
      ...own,
      outputs: [...own.outputs.filter((output) => output.kind !== kind), { kind, digest, sizeBytes }],
    }));
  }

  #isNamed(digest: Digest): boolean {
    return this.#store
      .all()
      .some(({ spec, given, outputs }) =>
        [spec, ...(given?.files ?? []), ...outputs].some((file) => file.digest === digest),
      );
  }

  #hold(id: string, ms: number): void {
    const until = this.deps.clock.now() + ms;
    this.#heldUntil.set(id, until);
    this.#wakeAt(until);
  }

  #wakeAt(at: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), Math.max(0, at - this.deps.clock.now()) + 10).unref();
  }
}

const filesGone = (cause: ModelManagementError): ModelManagementError =>
  new ModelManagementError(
    cause.code,
    `Files of the run are not on the hub: ${cause.message}.`,
    'Start the job again. If it fails so again, see the log of Node-RED on the hub.',
    { cause },
  );
