import { asModelManagementError, type ModelManagementError } from '../../errors';
import type { LibraryName } from '../../ids';
import type { Log } from '../../log';
import type { Usage } from '../../registry/types';
import { describeThrown, libraryFailed } from './faults';
import { afterLimits } from './kept-lines';
import { LibraryLink, type RunnableLibrary } from './library-link';
import { LoadedLibrary } from './loaded-library';
import { LoopWatch } from './loop-watch';
import type { SandboxOptions } from './sandbox';
import { guardRejections } from './stray-rejections';

export interface HostedSource {
  readonly revision: number;
  readonly source: string;
}

export interface LibraryHostDeps extends Pick<SandboxOptions, 'modules' | 'modulesPath'> {
  readonly log: Log;
  /** What the library is now; undefined when there is none of that name. */
  readonly find: (name: string) => (HostedSource & { readonly name: LibraryName }) | undefined;
  /** A library that could not be loaded, or was loaded after it could not. */
  readonly onStateChange: (name: LibraryName) => void;
}

/** A revision that is loaded beside the one that runs. Exactly one of the two is called, once. */
export interface PreparedRevision {
  /** From now on calls go to it. Must not throw: the revision is on the disk already. */
  commit(): void;
  abandon(): void;
}

/** A follower's hold on a library; `release` when the node closes. */
export interface LibraryFollowing {
  readonly link: LibraryLink;
  release(): void;
}

interface Hosted {
  readonly link: LibraryLink;
  readonly followers: Set<Usage>;
  loaded: LoadedLibrary | undefined;
}

/**
 * The running libraries: one instance each, shared by all that follow it. A library is loaded when the first node
 * follows it, so that one that hurts Node-RED can be mended while no flows run, and stays for the next deploy.
 */
export class LibraryHost {
  private readonly hosted = new Map<string, Hosted>();
  private readonly watch: LoopWatch;
  private readonly releaseGuard = guardRejections();

  constructor(private readonly deps: LibraryHostDeps) {
    this.watch = new LoopWatch(deps.log);
  }

  /** The library need not exist yet. */
  follow(name: string, follower: Usage): LibraryFollowing {
    const known = this.hosted.get(name);
    const own: Hosted = known ?? {
      link: new LibraryLink(name, { status: 'missing' }),
      followers: new Set<Usage>(),
      loaded: undefined,
    };
    const { link, followers } = own;
    followers.add(follower);
    if (!known) {
      this.hosted.set(name, own);
      this.refresh(name);
    }
    return {
      link,
      release: () => {
        followers.delete(follower);
        // What is loaded keeps its state; what is not, nobody needs.
        if (followers.size === 0 && !own.loaded && this.hosted.get(name) === own) this.hosted.delete(name);
      },
    };
  }

  followersOf(name: string): readonly Usage[] {
    return [...(this.hosted.get(name)?.followers ?? [])];
  }

  /** Why the library does not run; undefined when it does, or when nothing has run it yet. */
  errorOf(name: string): ModelManagementError | undefined {
    const state = this.hosted.get(name)?.link.state;
    return state?.status === 'failed' ? state.error : undefined;
  }

  /**
   * Loads a source that is about to become a revision, if the library runs here.
   * @throws {ModelManagementError} `INVALID_LIBRARY`; the one that runs is untouched
   */
  prepare(name: LibraryName, { revision, source }: HostedSource): PreparedRevision {
    const candidate = this.hosted.has(name) ? this.load(name, revision, source) : undefined;
    return {
      commit: () => {
        const own = this.hosted.get(name);
        // Followed since, or let go: the state that counts is the one on the disk.
        if (own && candidate) this.swap(own, candidate);
        else if (own) this.refresh(name);
        else candidate?.dispose();
      },
      abandon: () => candidate?.dispose(),
    };
  }

  /** What the library is has changed: its followers get what it is now. */
  refresh(name: string): void {
    const own = this.hosted.get(name);
    if (!own) return;
    const found = this.deps.find(name);
    if (!found) {
      own.loaded?.retire();
      own.loaded = undefined;
      own.link.set({ status: 'missing' });
      if (own.followers.size === 0) this.hosted.delete(name);
      return;
    }
    const hadFailed = hasFailed(own);
    try {
      this.swap(own, this.load(found.name, found.revision, found.source));
    } catch (error) {
      own.loaded?.retire();
      own.loaded = undefined;
      own.link.set({ status: 'failed', error: asModelManagementError(error) });
    }
    if (hadFailed || hasFailed(own)) this.deps.onStateChange(found.name);
  }

  /** Ends all libraries and their timers. */
  close(): void {
    for (const { loaded, link } of this.hosted.values()) {
      link.set({ status: 'waiting' });
      loaded?.dispose();
    }
    this.hosted.clear();
    this.releaseGuard();
  }

  private swap(own: Hosted, loaded: LoadedLibrary): void {
    const before = own.loaded;
    own.loaded = loaded;
    own.link.set({ status: 'ready', library: this.runnable(loaded) });
    before?.retire();
  }

  private runnable(loaded: LoadedLibrary): RunnableLibrary {
    return {
      revision: loaded.revision,
      exec: (input, options) => this.watch.during(loaded.name, () => loaded.exec(input, options)),
    };
  }

  private load(name: LibraryName, revision: number, source: string): LoadedLibrary {
    const { modules, modulesPath } = this.deps;
    const log = this.deps.log.child({ library: name, revision });
    return LoadedLibrary.load(name, revision, source, {
      modules,
      modulesPath,
      onLine: afterLimits(({ level, text, node }) => {
        const fields = { text, ...(node ? { node } : {}) };
        if (level === 'debug') log.debug('a library says', () => fields);
        else log[level]('a library says', fields);
      }),
      onLateFault: (thrown) => {
        const { code, message } = libraryFailed(name, describeThrown(name, thrown));
        log.error('a library failed outside of a call', { code, message });
      },
    });
  }
}

function hasFailed({ link }: Hosted): boolean {
  return link.state.status === 'failed';
}
