import { LOCAL_EDGE } from '../../names';
import type { Environment, QueryInput, RunDocument } from './run-document';
import type { FinalState, RunState } from './run-states';
import { isFinal } from './run-states';

/** What happened to a run. Nothing else changes it. */
export type RunEvent =
  | { readonly kind: 'begun' }
  | { readonly kind: 'prepared'; readonly base: RunDocument['base']; readonly queries: readonly QueryInput[] }
  | { readonly kind: 'empty'; readonly queries: readonly QueryInput[]; readonly reason: string }
  | { readonly kind: 'installed'; readonly environment: Environment; readonly logOffset: number }
  | { readonly kind: 'exited'; readonly exitCode: number; readonly oomKilled: boolean }
  | {
      readonly kind: 'collected';
      readonly metrics: Readonly<Record<string, number>>;
      /** Null where it was only carried out: whoever asked for it makes the version. */
      readonly version: RunDocument['version'];
    }
  | { readonly kind: 'promoted'; readonly promotion: NonNullable<RunDocument['promotion']> }
  | { readonly kind: 'settled' }
  | { readonly kind: 'cleaned' }
  | { readonly kind: 'stop'; readonly why: 'cancel' | 'timeout' }
  | { readonly kind: 'failed'; readonly error: NonNullable<RunDocument['error']> }
  | { readonly kind: 'lost'; readonly error: NonNullable<RunDocument['error']> };

const MINUTE_MS = 60_000;

/** How long a run may stay in a state; training has the job's own limit. */
export const PREPARING_LIMIT_MS = 15 * MINUTE_MS;
export const INSTALLING_LIMIT_MS = 60 * MINUTE_MS;
export const COLLECTING_LIMIT_MS = 15 * MINUTE_MS;
/** An edge keeps the limits itself, and may be silent for so long before its run is given up. */
export const EDGE_SILENCE_MS = 24 * 60 * MINUTE_MS;

function limitOf(state: RunState, run: RunDocument): number | null {
  const limitMs = ownLimitOf(state, run);
  return limitMs === null || run.edge === LOCAL_EDGE ? limitMs : limitMs + EDGE_SILENCE_MS;
}

function ownLimitOf(state: RunState, run: RunDocument): number | null {
  switch (state) {
    case 'preparing':
      return PREPARING_LIMIT_MS;
    case 'installing':
      return INSTALLING_LIMIT_MS;
    case 'training':
      return run.fields.limits.timeoutMs;
    case 'collecting':
      return COLLECTING_LIMIT_MS;
    default:
      return null;
  }
}

/**
 * The run after an event. An event that does not fit the state leaves the run as it is, the same object: so one that is
 * told twice, as after a restart, changes nothing.
 */
export function reduceRun(run: RunDocument, event: RunEvent, nowMs: number): RunDocument {
  switch (event.kind) {
    case 'begun':
      return run.state === 'queued' ? { ...enter(run, 'preparing', nowMs), startedAt: nowMs } : run;
    case 'prepared':
      if (run.state !== 'preparing') return run;
      return { ...enter(run, 'installing', nowMs), base: event.base, queries: event.queries };
    case 'empty':
      if (run.state !== 'preparing') return run;
      return { ...end(run, 'skipped', nowMs), queries: event.queries, reason: event.reason };
    case 'installed': {
      if (run.state !== 'installing') return run;
      const { environment, logOffset } = event;
      const next = enter(run, 'training', nowMs);
      const phases = next.phases.map((phase) =>
        phase.name === 'installing' && environment.key !== null ? { ...phase, cached: environment.cached } : phase,
      );
      return { ...next, phases, environment, logOffset };
    }
    case 'exited':
      if (run.state !== 'training') return run;
      return { ...enter(run, 'collecting', nowMs), exitCode: event.exitCode, oomKilled: event.oomKilled };
    case 'collected':
      if (run.state !== 'collecting') return run;
      return { ...end(run, 'succeeded', nowMs), metrics: event.metrics, version: event.version };
    case 'promoted':
      return run.state === 'succeeded' && !run.promotion ? { ...run, promotion: event.promotion } : run;
    case 'settled':
      return isFinal(run.state) && !run.settled ? { ...run, settled: true } : run;
    case 'cleaned':
      return isFinal(run.state) && !run.cleaned ? { ...run, cleaned: true } : run;
    case 'stop':
      return stop(run, event.why, nowMs);
    case 'failed':
      return isFinal(run.state) ? run : fail(run, event.error, nowMs);
    case 'lost':
      return isFinal(run.state) ? run : { ...end(run, 'lost', nowMs), error: event.error };
  }
}

function stop(run: RunDocument, why: 'cancel' | 'timeout', nowMs: number): RunDocument {
  if (isFinal(run.state) || run.stop) return run;
  // Nothing runs for it yet, so nothing has to be ended.
  if (run.state === 'queued') return { ...end(run, 'cancelled', nowMs), stop: why };
  return { ...run, stop: why };
}

/** What was stopped ends as stopped, whatever that made fail. */
function fail(run: RunDocument, error: NonNullable<RunDocument['error']>, nowMs: number): RunDocument {
  if (run.stop === 'cancel') return { ...end(run, 'cancelled', nowMs), reason: 'cancelled' };
  if (run.stop === 'timeout' && run.edge !== LOCAL_EDGE) return { ...end(run, 'lost', nowMs), error: silent(run) };
  // Told by the edge, which keeps the limits.
  if (error.code === 'RUN_TIMEOUT') return { ...end(run, 'timed_out', nowMs), error };
  if (run.stop === 'timeout') {
    const limitMs = limitOf(run.state, run) ?? 0;
    const what = `It was still ${run.state} after ${Math.round(limitMs / 1_000)} s and was ended.`;
    const hint =
      run.state === 'training'
        ? 'Raise limits.timeoutMs of the job, or let it do less.'
        : 'See the log for what it waited for.';
    return { ...end(run, 'timed_out', nowMs), error: { code: 'RUN_TIMEOUT', message: what, hint } };
  }
  return { ...end(run, 'failed', nowMs), error };
}

const silent = ({ edge }: RunDocument): NonNullable<RunDocument['error']> => ({
  code: 'RUN_LOST',
  message: `The edge ${edge} said nothing of the end of the run for ${EDGE_SILENCE_MS / 3_600_000} h after its time limit.`,
  hint: `See in the tab Edges since when ${edge} is away; when it is back it ends the run by itself. Then start the job again.`,
});

function enter(run: RunDocument, state: Exclude<RunState, FinalState>, nowMs: number): RunDocument {
  const limitMs = limitOf(state, run);
  return {
    ...run,
    state,
    deadlineAt: limitMs === null ? null : nowMs + limitMs,
    phases: [...closed(run, nowMs), { name: state, startedAt: nowMs, finishedAt: null }],
  };
}

function end(run: RunDocument, state: FinalState, nowMs: number): RunDocument {
  return { ...run, state, deadlineAt: null, finishedAt: nowMs, phases: closed(run, nowMs) };
}

function closed(run: RunDocument, nowMs: number): RunDocument['phases'] {
  return run.phases.map((phase) => (phase.finishedAt === null ? { ...phase, finishedAt: nowMs } : phase));
}

/** The next thing to do for a run; each may be done again after a crash. */
export type RunStep =
  | { readonly kind: 'prepare' }
  | { readonly kind: 'install' }
  | { readonly kind: 'train' }
  | { readonly kind: 'collect' }
  | { readonly kind: 'promote' }
  | { readonly kind: 'settle' }
  | { readonly kind: 'clean' }
  | { readonly kind: 'nothing' };

/** What is to be done for a run that has begun, or has ended and is not put in order yet. */
export function planRun(run: RunDocument): RunStep {
  switch (run.state) {
    case 'queued':
      return { kind: 'nothing' };
    case 'preparing':
      return { kind: 'prepare' };
    case 'installing':
      return { kind: 'install' };
    case 'training':
      return { kind: 'train' };
    case 'collecting':
      return { kind: 'collect' };
    default:
      if (run.state === 'succeeded' && run.version && !run.promotion) return { kind: 'promote' };
      if (run.cleaned) return { kind: 'nothing' };
      return { kind: run.settled ? 'clean' : 'settle' };
  }
}

/**
 * Queued runs that may begin now, in their order: one at a time of each job, so many at once here, and one on each edge.
 * @param placesOf - of a run that any edge with a label may take: those that can now, the first that is free takes it
 * @returns each with the place where it begins
 */
export function mayBegin(
  runs: readonly RunDocument[],
  slots: number,
  nowMs: number,
  placesOf: (run: RunDocument) => readonly string[] = ({ edge }) => [edge],
): readonly RunDocument[] {
  const active = runs.filter(({ state }) => state !== 'queued' && !isFinal(state));
  const busyJobs = new Set(active.map(({ jobId }) => jobId));
  const chosen: RunDocument[] = [];
  const places = new Map<string, number>();
  const isFree = (edge: string): boolean => (places.get(edge.toLowerCase()) ?? 0) < (edge === LOCAL_EDGE ? slots : 1);
  const take = (edge: string): unknown => places.set(edge.toLowerCase(), (places.get(edge.toLowerCase()) ?? 0) + 1);
  for (const { edge } of active) take(edge);
  const waiting = runs.filter(({ state }) => state === 'queued');
  for (const run of waiting.toSorted((a, b) => a.createdAt - b.createdAt || a.number - b.number)) {
    if (run.notBefore > nowMs || busyJobs.has(run.jobId)) continue;
    const edge = placesOf(run).find(isFree);
    if (edge === undefined) continue;
    busyJobs.add(run.jobId);
    take(edge);
    chosen.push({ ...run, edge });
  }
  return chosen;
}
