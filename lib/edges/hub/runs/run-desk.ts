import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { toIso } from '../../../clock';
import { ModelManagementError } from '../../../errors';
import { syncPath, writeFileDurably } from '../../../files';
import { Digest, newId } from '../../../ids';
import type { Log } from '../../../log';
import type { DocumentStore, Secrets } from '../../../store';
import { type RunFile, specOf } from '../../../training/delegated/run-spec';
import type { TrainingEdge, TrainingEdges } from '../../../training/edges';
import { filesBelow } from '../../../training/run/outputs-archive';
import type { RunDocument } from '../../../training/run/run-document';
import { runPaths } from '../../../training/run/script-steps';
import type { MarkedLog, PreparedInput, Runner } from '../../../training/runners/runner';
import { type ArtifactFetcher, ArtifactPatience } from '../../artifacts';
import { digestOf } from '../../protocol/enrolment';
import { isSameEdge } from '../../protocol/names';
import { type DesiredRun, type Fence, type ReportedRun, type RunOutput, sameFence } from '../../protocol/run-documents';
import { sealSpec } from '../../protocol/run-spec-box';
import type { EdgeHub } from '../edge-hub';
import { type EdgeStanding, RUNS_FEATURE, trainingRefusal } from '../edge-standing';
import type { EdgeDocument } from '../hub-documents';
import { EdgeRunner } from './edge-runner';
import type { HubRun } from './hub-run-document';

export interface RunDeskDeps {
  readonly hubId: string;
  readonly documents: DocumentStore<HubRun>;
  /** Each run has a folder of its own in it. */
  readonly runsPath: string;
  readonly secrets: Pick<Secrets, 'decrypt'>;
  /** Takes artifacts of an edge, signed with that key. */
  readonly fetcherOf: (edge: EdgeDocument['name'], key: NonNullable<EdgeDocument['key']>) => Promise<ArtifactFetcher>;
  /** Between two tries to fetch what an edge left. Default 5 s. */
  readonly fetchPauseMs?: number;
  readonly log: Log;
}

/** What is heard before somebody takes it; the whole log comes with the outputs. */
const MAX_LINES = 10_000;
const FETCH_PAUSE_MS = 5_000;
/** An edge that has just started may not know yet that its engine answers. */
const REFUSAL_PATIENCE_MS = 15_000;
const REFUSAL_LOOK_MS = 500;

/**
 * The runs that edges carry out for this hub. A run is on the disk here before its edge hears of it, and a part of what
 * is wanted of the edge until its end is written down: so whoever restarts, it is carried out once and ends once.
 */
export class RunDesk implements TrainingEdges {
  /** Never used again, also when this data folder is restored from a backup. */
  readonly #epoch = newId();
  #counter = 0;
  readonly #lines = new Map<string, string[]>();
  #files: ReadonlyMap<Digest, string> | undefined;
  #hub: EdgeHub | undefined;
  #change = Promise.withResolvers<void>();
  readonly #listeners = new Set<(edge: string) => void>();
  #ends: (() => unknown)[] = [];

  constructor(private readonly deps: RunDeskDeps) {}

  /** From now on it hears what edges say. */
  attach(hub: EdgeHub): void {
    this.#hub = hub;
    this.#ends = [
      hub.onChange((edge) => {
        this.#notify();
        for (const listener of this.#listeners) listener(edge);
      }),
      hub.onEvent((edge, event) => {
        if (event.type !== 'run-log') return;
        const run = this.get(event.run);
        if (!run || run.edge !== edge || !sameFence(run.fence, event.fence)) return;
        const missing = event.dropped ? [`… ${event.dropped} lines come at the end …`] : [];
        const lines = [...(this.#lines.get(run._id) ?? []), ...missing, ...event.lines];
        this.#lines.set(run._id, lines.slice(-MAX_LINES));
        this.#notify();
      }),
    ];
  }

  detach(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** What of the runs an edge shall know, as a part of its desired state. */
  desiredOf({ name, key }: EdgeDocument): readonly DesiredRun[] {
    return this.#runsOn(name)
      .filter(({ edgeKeyId }) => edgeKeyId === key?.id)
      .map(({ _id: run, job, fence, spec, cancel }) => ({
        run,
        job,
        fence,
        spec,
        ...(cancel ? { cancel: true } : {}),
      }));
  }

  /** Where a file lies that some edge needs for a run; undefined = none does. */
  pathOf(digest: Digest): string | undefined {
    this.#files ??= this.#findFiles();
    return this.#files.get(digest);
  }

  find(name: string): TrainingEdge | undefined {
    const edge = this.#hub?.standing(name);
    return edge && toTrainingEdge(edge);
  }

  list(): readonly TrainingEdge[] {
    return (this.#hub?.standings() ?? []).map(toTrainingEdge);
  }

  async runnerOn(edge: string): Promise<Runner> {
    return new EdgeRunner(edge, this);
  }

  onChange(listener: (edge: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(runId: string): HubRun | undefined {
    return this.deps.documents.get(runId);
  }

  idsOn(edge: string): readonly string[] {
    return this.#runsOn(edge).map(({ _id }) => _id);
  }

  /** @throws {ModelManagementError} `RUNNER_UNAVAILABLE` when the edge cannot take it; `STORAGE_FULL`, `STORAGE_FAILED` */
  async give(
    run: RunDocument,
    input: PreparedInput,
    workPath: string,
    log: MarkedLog,
    signal: AbortSignal,
  ): Promise<void> {
    const { hubId, documents, runsPath, secrets } = this.deps;
    const edge = await this.#ableEdge(run, log, signal);
    const files = await filesOf(workPath, signal);
    this.#counter += 1;
    const fence: Fence = { epoch: this.#epoch, counter: this.#counter };
    const given = { base: input.base, queries: [...input.queries], files };
    const spec = specOf(run, given, (secret) => secrets.decrypt(secret));
    const box = sealSpec(spec, edge.boxKey, { hubId, edge: edge.name, run: run._id, fence });
    await writeFileDurably(specPath(runsPath, run._id), box);
    const away = edge.state === 'online' ? '' : `, which is ${edge.state} since ${toIso(edge.sinceMs)}`;
    log.line(`Given to ${edge.name}${away}.`);
    const logOffset = await log.mark();
    signal.throwIfAborted();
    await documents.put({
      _id: run._id,
      job: run.job,
      edge: edge.name,
      edgeKeyId: edge.key.id,
      fence,
      spec: { digest: digestOf(box), sizeBytes: box.length },
      files,
      base: input.base,
      queries: input.queries.flatMap((query) => ('request' in query ? [] : query)),
      logOffset,
      cancel: false,
    });
    this.#changed(edge.name);
  }

  /** The edge hears it when it can. */
  async cancel(runId: string): Promise<void> {
    const run = this.get(runId);
    if (!run || run.cancel) return;
    await this.deps.documents.put({ ...run, cancel: true });
    this.#changed(run.edge);
  }

  /** It is wanted no more, and the edge puts it away. */
  async remove(runId: string): Promise<void> {
    const run = this.get(runId);
    this.#lines.delete(runId);
    await rm(specPath(this.deps.runsPath, runId), { force: true });
    if (!run) return;
    await this.deps.documents.delete(runId);
    this.#changed(run.edge);
    const edge = this.#hub?.standing(run.edge);
    if (edge?.key?.id !== run.edgeKeyId) return;
    const fetcher = await this.deps.fetcherOf(edge.name, edge.key);
    await fetcher.collect((digest) =>
      this.#runsOn(run.edge).some((other) => this.#wordOn(other)?.outputs?.some((output) => output.digest === digest)),
    );
  }

  /**
   * What the edge says of a run once that is enough; what the scripts say meanwhile goes to the log.
   * @throws {ModelManagementError} `RUN_LOST` when the edge is gone, or is another one under the same name
   */
  async follow<T>(
    runId: string,
    log: MarkedLog,
    signal: AbortSignal,
    enough: (word: ReportedRun) => T | undefined,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const { promise: changed } = this.#change;
      const run = this.get(runId);
      if (!run) throw lost('it is not known to the edges of this hub any more');
      for (const line of this.#takeLines(runId)) log.line(line);
      const edge = this.#hub?.standing(run.edge);
      if (edge?.key?.id !== run.edgeKeyId) throw lost(goneReason(run, edge));
      const word = this.#wordOn(run);
      const found = word && enough(word);
      if (found !== undefined) return found;
      await orAborted(changed, signal);
    }
  }

  isOnline(edge: string): boolean {
    return this.#hub?.standing(edge)?.state === 'online';
  }

  /**
   * Brings what an edge left here, however long it is away.
   * @returns its path
   * @throws as `follow`; `NOT_FOUND` when the edge says again and again that it has it no more; `STORAGE_FULL`, `DIGEST_MISMATCH`, `ABORTED`
   */
  async fetch(runId: string, file: RunOutput, signal: AbortSignal): Promise<string> {
    const { fetcherOf, fetchPauseMs = FETCH_PAUSE_MS, log } = this.deps;
    const patience = new ArtifactPatience();
    for (;;) {
      const run = this.get(runId);
      const edge = run && this.#hub?.standing(run.edge);
      if (!run || !edge?.key || edge.key.id !== run.edgeKeyId) throw lost('its edge is another one now');
      try {
        const fetcher = await fetcherOf(edge.name, edge.key);
        return await fetcher.fetch(file, { signal });
      } catch (error) {
        if (!patience.mayComeLater(error)) throw error;
        log.debug('outputs of a run not fetched yet', () => ({ run: runId, error }));
        await pause(fetchPauseMs, undefined, { signal });
      }
    }
  }

  /** Waits for the first word of an edge that is enrolled and was never heard of. */
  async #ableEdge(run: RunDocument, log: MarkedLog, signal: AbortSignal) {
    const until = Date.now() + REFUSAL_PATIENCE_MS;
    for (let hasSaid = false; ; hasSaid = true) {
      signal.throwIfAborted();
      const { promise: changed } = this.#change;
      const edge = this.#hub?.standing(run.edge);
      const refusal = edge ? trainingRefusal(edge, run.fields.runner) : `There is no edge named ${run.edge}.`;
      if (!edge?.key || (refusal !== undefined && Date.now() >= until)) throw unable(refusal ?? noKey(run.edge));
      if (refusal !== undefined) {
        await orAborted(Promise.race([changed, pause(REFUSAL_LOOK_MS, undefined, { ref: false })]), signal);
        continue;
      }
      const { name, key, state, sinceMs, report } = edge;
      if (report?.boxKey && report.capabilities.features.includes(RUNS_FEATURE)) {
        return { name, key, state, sinceMs, boxKey: report.boxKey };
      }
      if (!hasSaid) log.line(`Waiting for the first word of ${name}.`);
      await orAborted(changed, signal);
    }
  }

  #runsOn(edge: string): readonly HubRun[] {
    return this.deps.documents.all().filter((run) => isSameEdge(run.edge, edge));
  }

  /** Under the fence it has now, nothing else counts. */
  #wordOn(run: HubRun): ReportedRun | undefined {
    const { report } = this.#hub?.standing(run.edge) ?? {};
    return report?.runs?.find((word) => word.run === run._id && sameFence(word.fence, run.fence));
  }

  #takeLines(runId: string): readonly string[] {
    const lines = this.#lines.get(runId) ?? [];
    this.#lines.delete(runId);
    return lines;
  }

  #changed(edge: string): void {
    this.#files = undefined;
    this.#hub?.refresh(edge);
    this.#notify();
  }

  #notify(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers<void>();
    resolve();
  }

  #findFiles(): ReadonlyMap<Digest, string> {
    const { documents, runsPath } = this.deps;
    const entries = documents
      .all()
      .flatMap(({ _id, spec, files }) => [
        [spec.digest, specPath(runsPath, _id)] as const,
        ...files.map(({ path, digest }) => [digest, join(runPaths(runsPath, _id).work, ...path.split('/'))] as const),
      ]);
    return new Map(entries);
  }
}

const specPath = (runsPath: string, runId: string): string => join(runsPath, runId, 'spec');

/** They are on the disk before it is written down that the edge shall have them: nothing makes them anew after that. */
async function filesOf(workPath: string, signal: AbortSignal): Promise<RunFile[]> {
  const files: RunFile[] = [];
  const folders = new Set([workPath]);
  for (const path of await filesBelow(workPath)) {
    const source = join(workPath, ...path.split('/'));
    const { size, mtimeMs } = await stat(source);
    await syncPath(source);
    folders.add(dirname(source));
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(source, { signal })) hash.update(chunk as Buffer);
    const digest = Digest.parse(`sha256:${hash.digest('hex')}`);
    files.push({ path, digest, sizeBytes: size, ...(mtimeMs === 0 ? { isBase: true } : {}) });
  }
  for (const folder of folders) await syncPath(folder);
  return files;
}

async function orAborted(change: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([change, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function goneReason({ edge }: HubRun, now: EdgeStanding | undefined): string {
  if (!now) return `the edge ${edge} was deleted`;
  return now.key ? `the edge ${edge} was enrolled anew` : `the edge ${edge} is ${now.state}`;
}

const lost = (reason: string): ModelManagementError =>
  new ModelManagementError('RUN_LOST', `The run is lost: ${reason}.`, 'Start the job again.');

const noKey = (edge: string): string => `${edge} is not enrolled.`;

const unable = (reason: string): ModelManagementError =>
  new ModelManagementError('RUNNER_UNAVAILABLE', reason, 'Mend the edge, or let the job train elsewhere.');

const toTrainingEdge = (edge: EdgeStanding): TrainingEdge => ({
  ...edge,
  refusal: (runner) => trainingRefusal(edge, runner),
});
