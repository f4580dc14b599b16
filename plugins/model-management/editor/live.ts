import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api';

/** What was loaded last stays in sight while it is loaded again, so that nothing jumps. */
export interface Resource<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  /** Loads again: now, or as soon as what is being loaded has come; steady calls never keep an answer away. */
  readonly reload: () => void;
  /** As `reload`, but nothing while it is being loaded: for the ticks of a clock. */
  readonly poll: () => void;
  /** Gives up on what is being loaded; that is then an error, to be tried again. */
  readonly cancel: () => void;
}

interface Loaded<T> {
  /** The inputs it was loaded for. */
  readonly key: string;
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
}

/**
 * Loads on mount, when `inputs` change and on `reload`; an answer that was overtaken is dropped. Other inputs are
 * another thing: what was loaded for the old ones is then forgotten.
 */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly (string | number)[],
): Resource<T> {
  const key = JSON.stringify(inputs);
  const [state, setState] = useState<Loaded<T>>({ key, data: undefined, error: undefined });
  const [round, setRound] = useState(0);
  const running = useRef<{ isWantedAgain: boolean } | undefined>(undefined);
  const start = useCallback(() => setRound((last) => last + 1), []);
  const reload = useCallback(() => {
    if (running.current) running.current.isWantedAgain = true;
    else start();
  }, []);
  const poll = useCallback(() => running.current || start(), []);
  const giveUp = useRef<() => void>(() => undefined);
  const cancel = useCallback(() => giveUp.current(), []);
  // `load` is a new function on each rendering; `key` says when it differs.
  useEffect(() => {
    const { signal, abort } = abortable();
    const own = { isWantedAgain: false };
    running.current = own;
    giveUp.current = () => {
      abort();
      running.current = undefined;
      setState((last) => ({ ...last, key, error: new ApiError('ABORTED', '', '') }));
    };
    const keep = (outcome: (last: T | undefined) => Omit<Loaded<T>, 'key'>): void => {
      if (signal.aborted) return;
      running.current = undefined;
      setState((last) => ({ key, ...outcome(last.key === key ? last.data : undefined) }));
      if (own.isWantedAgain) start();
    };
    load(signal).then(
      (data) => keep(() => ({ data, error: undefined })),
      (error: unknown) => keep((data) => ({ data, error: ApiError.from(error) })),
    );
    return abort;
  }, [key, round]);
  const isCurrent = state.key === key;
  return { data: isCurrent ? state.data : undefined, error: isCurrent ? state.error : undefined, reload, poll, cancel };
}

/** What was loaded last, until what is loaded in its place is there: for where other inputs are not another thing. */
export function useKept<T>(data: T | undefined): T | undefined {
  const kept = useRef(data);
  if (data !== undefined) kept.current = data;
  return kept.current;
}

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

export const useModelChanges = (changed: () => void): void => useChanges('models', changed);
export const useLibraryChanges = (changed: () => void): void => useChanges('libraries', changed);

export const useJobChanges = (changed: () => void): void => useChanges('jobs', changed);
/** Runs that came to another state. */
export const useRunChanges = (changed: () => void): void => useChanges('runs', changed, isNoLog);
/** The log of a run grew. */
export const useLogChanges = (changed: () => void): void => useChanges('runs', changed, isLog);
export const useCollectionChanges = (changed: () => void): void => useChanges('collections', changed);

export const usePipelineChanges = (changed: () => void): void => useChanges('pipelines', changed);

/**
 * Changes of many edges come together: at once, and then at most each second.
 * @param isShown - whether a change of the edge of this name, in any case, matters. Default: of every edge
 */
export function useEdgeChanges(changed: () => void, isShown: (name: string) => boolean = always): void {
  const current = useRef(isShown);
  current.current = isShown;
  const matters = useCallback((change: unknown) => current.current(nameIn(change)), []);
  useChanges('edges', useTogether(changed), matters);
}

/** The connection to the server is back after a break: it may be another server now. */
export function useReconnection(changed: () => void): void {
  useEffect(() => {
    const connected = (): void => changed();
    RED.comms.on('connect', connected);
    return () => RED.comms.off('connect', connected);
  }, [changed]);
}

/**
 * A rollout began, came to another state or opened a wave; how its edges do is told by those.
 * @param id - only of this one
 */
export function useRolloutChanges(changed: () => void, id?: string): void {
  const matters = useCallback((change: unknown) => id === undefined || idIn(change) === id, [id]);
  useChanges('rollouts', changed, matters);
}

/** What to call where nothing is followed now. */
export const nothing = (): void => undefined;

type Things = 'models' | 'libraries' | 'jobs' | 'runs' | 'collections' | 'pipelines' | 'edges' | 'rollouts';

const isLog = (change: unknown): boolean => (change as { readonly kind?: unknown }).kind === 'log';
const isNoLog = (change: unknown): boolean => !isLog(change);
const always = (): boolean => true;
const idIn = (change: unknown): unknown => (change as { readonly id?: unknown }).id;
const nameIn = (change: unknown): string => String((change as { readonly name?: unknown }).name);

/** Calls `changed` on each live update of these things that matters, and when the connection is back after a break. */
function useChanges(things: Things, changed: () => void, matters: (change: unknown) => boolean = always): void {
  useEffect(() => {
    const topic = `model-management/${things}`;
    const listener = (_topic: string, change: unknown): void => {
      if (matters(change)) changed();
    };
    RED.comms.subscribe(topic, listener);
    return () => RED.comms.unsubscribe(topic, listener);
  }, [things, changed, matters]);
  useReconnection(changed);
}

const TOGETHER_MS = 1_000;

/** `changed`, called for the first call at once, and once for all calls of the next second at its end. */
function useTogether(changed: () => void): () => void {
  const current = useRef(changed);
  current.current = changed;
  const waiting = useRef<{ timer?: ReturnType<typeof setTimeout>; isDue: boolean }>({ isDue: false });
  useEffect(() => () => clearTimeout(waiting.current.timer), []);
  return useCallback(() => {
    const run = (): void => {
      current.current();
      waiting.current = {
        isDue: false,
        timer: setTimeout(() => {
          const { isDue } = waiting.current;
          waiting.current = { isDue: false };
          if (isDue) run();
        }, TOGETHER_MS),
      };
    };
    if (waiting.current.timer === undefined) run();
    else waiting.current.isDue = true;
  }, []);
}

/** The time, epoch ms, told anew every second while somebody is watching. */
export function useClock(isWatched: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isWatched) return;
    const timer = setInterval(() => document.hidden || setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isWatched]);
  return now;
}

/** Calls `tick` every `intervalMs` while the page is in sight. */
export function usePolling(tick: () => void, intervalMs: number): void {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || tick(), intervalMs);
    return () => clearInterval(timer);
  }, [tick, intervalMs]);
}

export type TaskState =
  | { readonly status: 'idle' }
  | { readonly status: 'busy' }
  | { readonly status: 'failed'; readonly error: ApiError };

export interface Task {
  readonly state: TaskState;
  /** Runs the work, showing it as busy; a failure is kept until the next start or `reset`. */
  readonly start: (work: (signal: AbortSignal) => Promise<void>) => void;
  /** Gives up on what runs and forgets a failure. */
  readonly reset: () => void;
}

/** One action of the user at a time, with its wait and its failure; given up when its component goes. */
export function useTask(): Task {
  const [state, setState] = useState<TaskState>({ status: 'idle' });
  const controller = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = useCallback((work: (signal: AbortSignal) => Promise<void>) => {
    const own = new AbortController();
    controller.current?.abort();
    controller.current = own;
    setState({ status: 'busy' });
    work(own.signal).then(
      () => own.signal.aborted || setState({ status: 'idle' }),
      (error: unknown) => own.signal.aborted || setState({ status: 'failed', error: ApiError.from(error) }),
    );
  }, []);
  const reset = useCallback(() => {
    controller.current?.abort();
    setState({ status: 'idle' });
  }, []);
  return { state, start, reset };
}

/** A figure that is counted up, as a rate per second between the last two samples it came with. */
export function useRate(count: number, sample: unknown): number | undefined {
  const last = useRef<{ readonly count: number; readonly atMs: number } | undefined>(undefined);
  const [rate, setRate] = useState<number>();
  // Other renderings are no news of the figure.
  useEffect(() => {
    const atMs = performance.now();
    const before = last.current;
    last.current = { count, atMs };
    if (!before || count < before.count) setRate(undefined);
    else if (atMs > before.atMs) setRate(((count - before.count) * 1_000) / (atMs - before.atMs));
  }, [sample]);
  return rate;
}
