import type { AliasName, ModelName } from '../ids';
import type { Log } from '../log';
import type { AliasSwitch } from '../registry/dependencies';
import type { Usage } from '../registry/types';
import { ServiceSlot } from '../service-slot';
import type { Engine } from './engine';
import { Route, type RouteState } from './route';
import { loadSource, RouteKeeper, type StagedSource } from './route-keeper';
import type { ModelSource, ServedVersion } from './served-version';

export interface ServingDeps {
  readonly engine: Engine;
  readonly log: Log;
  /** A version by number, digits or alias; undefined when model or version does not exist. */
  readonly findVersion: (model: string, ref: string) => ModelSource | undefined;
  /** A copy of a model file that cannot change any more, inspected as an upload is; undefined when there is none. */
  readonly stageFile: (path: string) => Promise<StagedSource | undefined>;
  /** Calls back whenever the file may have changed. */
  readonly watchFile: (path: string, onChange: () => void) => () => void;
}

/** A follower's hold on a route; `release` when the node closes. */
export interface Following {
  readonly route: Route;
  release(): void;
}

interface Kept {
  readonly keeper: RouteKeeper;
  readonly followers: Set<Usage>;
  readonly stop: () => void;
}

/**
 * Which loaded version answers for which name. One route per model and alias (or file), shared by all that follow it.
 */
export class Serving {
  private readonly kept = new Map<string, Kept>();
  private readonly listeners = new Set<(route: Route) => void>();

  constructor(private readonly deps: ServingDeps) {}

  /** Follows an alias or a number of a registry model; the model need not exist yet. */
  follow(model: string, ref: string, follower: Usage): Following {
    return this.keep(modelRouteKey(model, ref), follower, () => {
      const resolve = () => this.deps.findVersion(model, ref);
      return {
        keeper: new RouteKeeper(new Route('model', model, ref), this.deps.engine, resolve, this.deps.log),
        stop: () => undefined,
      };
    });
  }

  /** Follows a model file, which is loaded again whenever it changes. */
  followFile(path: string, follower: Usage): Following {
    return this.keep(fileRouteKey(path), follower, () => {
      const resolve = () => (path === '' ? undefined : this.deps.stageFile(path));
      const keeper = new RouteKeeper(new Route('file', path, ''), this.deps.engine, resolve, this.deps.log);
      return { keeper, stop: this.deps.watchFile(path, () => keeper.refresh()) };
    });
  }

  /** The nodes that follow this model here, with the alias or number each one names. */
  followersOf(model: string): readonly Usage[] {
    const own = [...this.kept.values()].filter(({ keeper }) => isRouteOf(keeper.route, model));
    return own.flatMap(({ keeper, followers }) =>
      [...followers].map((follower) => ({ ...follower, ref: keeper.route.ref })),
    );
  }

  /** How a model does under an alias or number; undefined where nobody follows it. */
  stateOf(model: string, ref: string): RouteState | undefined {
    return this.kept.get(modelRouteKey(model, ref))?.keeper.route.state;
  }

  /** How a model file does; undefined where nobody follows it. */
  fileStateOf(path: string): RouteState | undefined {
    return this.kept.get(fileRouteKey(path))?.keeper.route.state;
  }

  /** Told whenever a followed model or file comes to another status. @returns ends it */
  onChange(listener: (route: Pick<Route, 'kind' | 'model'>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Something about the model changed: its routes look again. */
  modelChanged(model: string): void {
    for (const { keeper } of this.kept.values()) {
      if (isRouteOf(keeper.route, model)) keeper.refresh();
    }
  }

  /**
   * Loads and warms the version an alias shall move to. After `commit` every message that comes is answered by it.
   * @throws {ModelManagementError} what `Engine.load` throws; nothing has moved then
   */
  async prepareAlias(model: ModelName, alias: AliasName, source: ModelSource): Promise<AliasSwitch> {
    const served = await loadSource(this.deps.engine, source);
    let isOpen = true;
    const once = (act: () => void) => () => {
      if (isOpen) act();
      isOpen = false;
    };
    return {
      commit: once(() => {
        const kept = this.kept.get(modelRouteKey(model, alias));
        if (kept) kept.keeper.adopt(served);
        else served.loaded.release();
      }),
      abandon: once(() => served.loaded.release()),
    };
  }

  /** Lends a loaded version for one piece of work (an HTTP request); always given back. */
  async use<T>(source: ModelSource, work: (served: ServedVersion) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const served = await loadSource(this.deps.engine, source, signal);
    try {
      return await work(served);
    } finally {
      served.loaded.release();
    }
  }

  /** Points every route at nothing and gives all leases back. */
  close(): void {
    for (const { keeper, stop } of this.kept.values()) {
      stop();
      keeper.close();
    }
    this.kept.clear();
  }

  private watch(route: Route): () => void {
    let last: RouteState['status'] | undefined;
    return route.watch(({ status }) => {
      if (status === last) return;
      last = status;
      for (const listener of [...this.listeners]) listener(route);
    });
  }

  /** A process may be free now for those that got none. */
  private retryRefused(): void {
    for (const { keeper } of this.kept.values()) {
      const { state } = keeper.route;
      if (state.status === 'failed' && state.error.code === 'ENGINE_FULL') keeper.refresh();
    }
  }

  private keep(
    key: string,
    follower: Usage,
    open: () => { readonly keeper: RouteKeeper; readonly stop: () => void },
  ): Following {
    let entry = this.kept.get(key);
    if (!entry) {
      const { keeper, stop } = open();
      const unwatch = this.watch(keeper.route);
      entry = {
        keeper,
        followers: new Set(),
        stop: () => {
          stop();
          unwatch();
        },
      };
      this.kept.set(key, entry);
      entry.keeper.refresh();
    }
    const own = entry;
    own.followers.add(follower);
    let isHeld = true;
    return {
      route: own.keeper.route,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        own.followers.delete(follower);
        if (own.followers.size > 0 || this.kept.get(key) !== own) return;
        this.kept.delete(key);
        own.stop();
        own.keeper.close();
        this.retryRefused();
      },
    };
  }
}

const fileRouteKey = (path: string): string => JSON.stringify(['file', path]);

const modelRouteKey = (model: string, ref: string): string => JSON.stringify(['model', model.toLowerCase(), ref]);

function isRouteOf(route: Route, model: string): boolean {
  return route.kind === 'model' && route.model.toLowerCase() === model.toLowerCase();
}

/** Where the composition root leaves the serving for the nodes. */
export const servingSlot = new ServiceSlot<Serving>();
