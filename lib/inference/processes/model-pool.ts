import type { EngineOptions, LoadedModel, ModelStats, ModelTarget } from '../engine';
import { toPromise } from '../started-run';
import { timerMs } from '../timer';
import { untilAborted } from '../until-aborted';
import * as errors from './engine-errors';
import type { ModelProcess } from './model-process';
import type { RuntimeFacts } from './runtime-lookup';

interface Entry {
  readonly key: string;
  readonly process: ModelProcess;
  readonly opened: Promise<void>;
  isOpen: boolean;
  leaseCount: number;
  /** Counts up with every use: the smallest was used longest ago. */
  usedAt: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** How often a released version that still has requests is looked at again. */
const DRAIN_CHECK_MS = 100;

/** Loaded versions by key: shared by all that hold a lease, kept a while after the last, never more than allowed. */
export class ModelPool {
  readonly #entries = new Map<string, Entry>();
  readonly #ending = new Set<Promise<void>>();
  #useCount = 0;

  constructor(
    private readonly options: Pick<EngineOptions, 'maxProcesses' | 'idleMs'>,
    private readonly create: (target: ModelTarget) => ModelProcess,
  ) {}

  /** @throws {ModelManagementError} `ENGINE_FULL`, `VERSION_UNUSABLE`, `ENGINE_UNAVAILABLE`, `ABORTED` */
  async acquire(target: ModelTarget, signal?: AbortSignal): Promise<LoadedModel> {
    const entry = this.#find(target.key) ?? this.#open(target);
    entry.leaseCount++;
    clearTimeout(entry.idleTimer);
    try {
      await untilAborted(entry.opened, signal, `loading ${errors.nameOf(target)} was given up`);
    } catch (error) {
      this.#release(entry, this.options.idleMs);
      throw error;
    }
    return this.#lease(target, entry);
  }

  get processes(): readonly ModelProcess[] {
    return [...this.#entries.values()].map(({ process }) => process);
  }

  stats(): Promise<ModelStats[]> {
    return Promise.all(this.processes.map((process) => process.stats()));
  }

  /** The runtime of any loaded version; undefined when none is loaded. */
  get runtime(): RuntimeFacts | undefined {
    return this.processes.find(({ runtime }) => runtime)?.runtime;
  }

  /** Resolves when every process is gone. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) this.#end(entry);
    await Promise.all(this.#ending);
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    // Whoever asks for a failed version anew gets a new try, unless others still hold the old one.
    if (!entry?.process.isFailed || entry.leaseCount > 0) return entry;
    this.#end(entry);
    return undefined;
  }

  #open(target: ModelTarget): Entry {
    if (this.#entries.size >= this.options.maxProcesses) this.#evict();
    const process = this.create(target);
    const opened = process.open();
    const { key } = target;
    const entry: Entry = { key, process, opened, isOpen: false, leaseCount: 0, usedAt: 0, idleTimer: undefined };
    this.#entries.set(key, entry);
    opened.then(
      () => {
        entry.isOpen = true;
      },
      () => this.#end(entry),
    );
    return entry;
  }

  #evict(): void {
    const isIdle = ({ leaseCount, process }: Entry): boolean => leaseCount === 0 && process.pendingCount === 0;
    const idle = [...this.#entries.values()].filter(isIdle);
    const oldest = idle.sort((a, b) => a.usedAt - b.usedAt)[0];
    if (!oldest) throw errors.engineFull(this.options.maxProcesses);
    this.#end(oldest);
  }

  #lease(target: ModelTarget, entry: Entry): LoadedModel {
    let isHeld = true;
    const { process } = entry;
    const start: LoadedModel['start'] = (feeds, options, onResult) => {
      if (!isHeld) throw errors.aborted(`${errors.nameOf(target)} was released before this request`);
      return process.start(feeds, options, onResult);
    };
    return {
      target,
      signature: process.signature,
      start,
      run: (feeds, options = {}) => toPromise(options, (rest, onResult) => start(feeds, rest, onResult)),
      release: (keepMs = this.options.idleMs) => {
        if (isHeld) this.#release(entry, keepMs);
        isHeld = false;
      },
    };
  }

  #release(entry: Entry, keepMs: number): void {
    entry.leaseCount--;
    entry.usedAt = ++this.#useCount;
    if (entry.leaseCount > 0 || this.#entries.get(entry.key) !== entry) return;
    // Loading for nobody is given up; what is loaded stays a while, and until its last request is answered.
    if (entry.isOpen) this.#endWhenIdle(entry, keepMs);
    else this.#end(entry);
  }

  #endWhenIdle(entry: Entry, idleMs: number): void {
    entry.idleTimer = setTimeout(() => {
      if (entry.process.pendingCount === 0) this.#end(entry);
      else this.#endWhenIdle(entry, Math.max(DRAIN_CHECK_MS, idleMs));
    }, timerMs(idleMs)).unref();
  }

  #end(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    const ending = entry.process.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
