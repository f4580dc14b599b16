import { join } from 'node:path';
import { type Clock, systemClock } from '../../lib/clock';
import { LibraryName } from '../../lib/ids';
import { type Log, silentLog } from '../../lib/log';
import { Libraries, type LibrariesDeps, RevisionDocument } from '../../lib/pipeline/library';
import { afterLimits } from '../../lib/pipeline/library/kept-lines';
import { LoadedLibrary } from '../../lib/pipeline/library/loaded-library';
import type { SandboxOptions } from '../../lib/pipeline/library/sandbox';
import type { CallContext, ConsoleLine } from '../../lib/pipeline/library/types';
import { type DocumentStore, openDocumentStore } from '../../lib/store';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';

/** Threads load built files: run the build first. */
export const trialWorkerPath = join(__dirname, '..', '..', 'dist', 'lib', 'pipeline', 'library', 'trial-worker.js');

export function openRevisions(path: string): Promise<DocumentStore<RevisionDocument>> {
  return openDocumentStore({ path, name: 'libraries', log: silentLog, parse: (raw) => RevisionDocument.parse(raw) });
}

export function aContext(context: Partial<CallContext> = {}): CallContext {
  return { msg: {}, node: { id: 'n1', name: 'a node' }, parents: [], ...context };
}

export interface TestLibrary {
  readonly library: LoadedLibrary;
  readonly lines: ConsoleLine[];
  readonly lateFaults: unknown[];
  exec(input?: unknown, context?: Partial<CallContext>, timeoutMs?: number): Promise<unknown>;
}

/** The library of a source, loaded; `pipelib_test` unless it is named. */
export function aLibrary(
  source: string,
  options: Partial<SandboxOptions> & { readonly name?: string } = {},
): TestLibrary {
  const { name = 'pipelib_test', ...sandbox } = options;
  const lines: ConsoleLine[] = [];
  const lateFaults: unknown[] = [];
  const library = LoadedLibrary.load(LibraryName.parse(name), 1, source, {
    modules: [],
    modulesPath: __dirname,
    onLine: afterLimits((line) => lines.push(line)),
    onLateFault: (fault) => lateFaults.push(fault),
    ...sandbox,
  });
  return {
    library,
    lines,
    lateFaults,
    exec: (input, context = {}, timeoutMs = 5_000) => library.exec(input, { context: aContext(context), timeoutMs }),
  };
}

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A log that keeps its lines. */
export function keptLog(lines: LogLine[], own: object = {}): Log {
  const write =
    (level: string) =>
    (event: string, fields: object | (() => object) = {}) =>
      void lines.push({ level, event, ...own, ...(typeof fields === 'function' ? fields() : fields) });
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    child: (fields) => keptLog(lines, { ...own, ...fields }),
  };
}

/** Libraries on a real store in a temporary folder. */
export class LibraryLab implements AsyncDisposable {
  readonly log: LogLine[] = [];
  /** As on a full disk. */
  failWrites = false;

  private constructor(
    private readonly folder: TemporaryFolder,
    private readonly clock: Clock,
    private modules: readonly string[],
    private store: DocumentStore<RevisionDocument>,
    public libraries: Libraries,
  ) {}

  static async open(
    options: { readonly clock?: Clock; readonly modules?: readonly string[] } = {},
  ): Promise<LibraryLab> {
    const { clock = systemClock, modules = [] } = options;
    const folder = await temporaryFolder();
    const store = await openRevisions(folder.path);
    const lab = new LibraryLab(folder, clock, modules, store, undefined as unknown as Libraries);
    lab.libraries = Libraries.open(lab.deps());
    return lab;
  }

  /** As after a restart, maybe with other settings: closes the store and reads it again. */
  async reopen(modules = this.modules): Promise<Libraries> {
    this.modules = modules;
    this.libraries.close();
    await this.store.close();
    this.store = await openRevisions(this.folder.path);
    this.libraries = Libraries.open(this.deps());
    return this.libraries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.libraries.close();
    await this.store.close();
    await this.folder[Symbol.asyncDispose]();
  }

  private deps(): LibrariesDeps {
    const { clock, modules, store } = this;
    const log = keptLog(this.log);
    const documents: LibrariesDeps['documents'] = {
      all: () => store.all(),
      insert: (document) => (this.failWrites ? Promise.reject(new Error('disk')) : store.insert(document)),
    };
    return { documents, clock, log, modules, modulesPath: this.folder.path, workerPath: trialWorkerPath };
  }
}
