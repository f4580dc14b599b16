import type { Digest } from '../../ids';
import { modelKey } from '../../names';
import type { DesiredFile, DesiredModel, DesiredVersion } from '../protocol/documents';
import type { AcceptedDesired } from './accepted-desired';
import { HEALTH_WINDOW_MS, judgeHealth, type ServedRequests } from './health';
import { filesOf, isOf, type ModelKey, type ModelState, targetKey, versionKey } from './model-state';

/** One thing to do. Each can be done again, and leaves what runs as it is when it fails. */
export type EdgeStep =
  /** Bring back what ran before this process started. */
  | { readonly kind: 'start'; readonly model: ModelKey; readonly target: DesiredModel }
  /** What ran before is not whole on the disk any more: it gives way to what ran well before it, or waits for a hub. */
  | { readonly kind: 'lose'; readonly model: ModelKey; readonly target: DesiredModel }
  | { readonly kind: 'download'; readonly model: ModelKey; readonly target: DesiredModel; readonly file: DesiredFile }
  | { readonly kind: 'verify'; readonly model: ModelKey; readonly target: DesiredModel; readonly file: DesiredFile }
  | {
      readonly kind: 'test-load';
      readonly model: ModelKey;
      readonly target: DesiredModel;
      readonly version: DesiredVersion;
    }
  | { readonly kind: 'warm'; readonly model: ModelKey; readonly target: DesiredModel }
  | { readonly kind: 'switch'; readonly model: ModelKey; readonly target: DesiredModel }
  /** Back to what ran well before. */
  | { readonly kind: 'return'; readonly model: ModelKey; readonly target: DesiredModel; readonly reason: string }
  /** The health window is over. */
  | { readonly kind: 'settle'; readonly model: ModelKey }
  | { readonly kind: 'remove'; readonly model: ModelKey }
  /** It cannot be done now; nothing is tried. */
  | {
      readonly kind: 'refuse';
      readonly model: ModelKey;
      readonly target: DesiredModel;
      readonly code: 'STORAGE_FULL';
      readonly message: string;
    }
  | { readonly kind: 'collect'; readonly digests: readonly Digest[] }
  | { readonly kind: 'report' };

/** What is so at the moment: gathered before planning, not kept on the disk. */
export interface Facts {
  /** Artifacts that lie whole on the disk, with their sizes. */
  readonly present: ReadonlyMap<Digest, number>;
  /** Those whose content was compared with their digest since this process started. */
  readonly verified: ReadonlySet<Digest>;
  /** Versions that were test-loaded since, by `versionKey`. */
  readonly tested: ReadonlySet<string>;
  /** What is loaded beside what serves, by `targetKey`. */
  readonly warm: ReadonlyMap<ModelKey, string>;
  /** What serves, by `targetKey`. */
  readonly active: ReadonlyMap<ModelKey, string>;
  /** Since the last switch. */
  readonly served: ReadonlyMap<ModelKey, ServedRequests>;
  /** What the disk, or the quota, has room for. */
  readonly freeBytes: number;
  /** Files that pipelines need. */
  readonly neededElsewhere: ReadonlySet<Digest>;
  /** What would be reported was. */
  readonly isReported: boolean;
}

export interface EdgeSituation {
  /** Proven to come from the hub; null before the first. */
  readonly desired: AcceptedDesired | null;
  readonly models: ReadonlyMap<ModelKey, ModelState>;
  readonly facts: Facts;
}

/**
 * What to do now: at most one step for each model, which may run side by side, then what concerns the whole edge. When
 * they are done, or something changed, plan again. Pure, and done again after a crash it leads to the same end. A
 * model that fails waits for its time and holds up no other.
 */
export function planEdge(situation: EdgeSituation, nowMs: number): readonly EdgeStep[] {
  const { desired, models, facts } = situation;
  const targets = new Map(desired?.models.map((target) => [modelKey(target.name), target]));
  const steps: EdgeStep[] = [];
  /** Bytes that other models are about to download. */
  let plannedBytes = 0;
  let isShort = false;
  const busy = new Set<Digest>();
  for (const key of [...new Set([...targets.keys(), ...models.keys()])].sort()) {
    const target = targets.get(key);
    const step = planModel(key, target, { situation, nowMs });
    if (!step) continue;
    if (step.kind === 'download' && target) {
      const missing = filesOf(target).filter(({ digest }) => !facts.present.has(digest) && !busy.has(digest));
      const missingBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      if (plannedBytes + missingBytes > facts.freeBytes) {
        isShort = true;
        if (garbageOf(situation).length === 0) steps.push(noRoom(step, missingBytes, facts.freeBytes));
        continue;
      }
      plannedBytes += missingBytes;
    }
    if (step.kind === 'download' || step.kind === 'verify') {
      // One file of two models is fetched for both.
      if (busy.has(step.file.digest)) continue;
      busy.add(step.file.digest);
    }
    steps.push(step);
  }
  const garbage = garbageOf(situation);
  const isIdle = steps.every(({ kind }) => kind === 'refuse');
  if (garbage.length > 0 && (isShort || isIdle)) steps.push({ kind: 'collect', digests: garbage });
  if (!facts.isReported) steps.push({ kind: 'report' });
  return steps;
}

function planModel(
  key: ModelKey,
  target: DesiredModel | undefined,
  { situation, nowMs }: { readonly situation: EdgeSituation; readonly nowMs: number },
): EdgeStep | undefined {
  const { desired, models, facts } = situation;
  const state = models.get(key);
  if (desired && !target && !desired.keep.some((name) => modelKey(name) === key)) {
    return state || facts.active.has(key) ? { kind: 'remove', model: key } : undefined;
  }
  const running = state?.running;
  if (state && running) {
    if (facts.active.get(key) !== targetKey(running)) {
      const step = isPaused(state, running, nowMs) ? undefined : planStart(key, state, running, situation);
      if (step) return step;
    } else {
      const step = planHealth(key, state, facts, nowMs);
      if (step) return step;
    }
  }
  if (!target || (state && isHeldBack(state, target, nowMs))) return undefined;
  if (running && targetKey(running) === targetKey(target)) return planFiles(key, target, facts);
  return planTarget(key, target, facts);
}

/** What lies on the disk is compared before it is started, as it was before it ran for the first time. */
function planStart(
  model: ModelKey,
  state: ModelState,
  running: DesiredModel,
  { desired, facts }: EdgeSituation,
): EdgeStep | undefined {
  if (isThere(running, facts)) {
    return planFiles(model, running, facts) ?? { kind: 'start', model, target: running };
  }
  // Where the hub wants it, it is fetched; where it wants another, the hub need not have it any more.
  return state.lastGood || !desired ? { kind: 'lose', model, target: running } : undefined;
}

function planHealth(key: ModelKey, state: ModelState, facts: Facts, nowMs: number): EdgeStep | undefined {
  const { health, lastGood } = state;
  if (!health) return undefined;
  const counted = facts.served.get(key) ?? { requests: 0, errors: 0, isFailed: false };
  const judged = judgeHealth(counted, health.errorRatio, nowMs - health.since);
  if (judged.verdict === 'bad' && lastGood && isThere(lastGood, facts)) {
    if (isPaused(state, lastGood, nowMs)) return undefined;
    return planFiles(key, lastGood, facts) ?? { kind: 'return', model: key, target: lastGood, reason: judged.reason };
  }
  const isOver = nowMs < health.since || nowMs - health.since >= HEALTH_WINDOW_MS;
  return judged.verdict !== 'undecided' && isOver ? { kind: 'settle', model: key } : undefined;
}

/** True while something that failed waits for its time. */
function isPaused({ failure }: ModelState, target: DesiredModel, nowMs: number): boolean {
  return failure !== null && isOf(failure, target) && nowMs < failure.retryAt;
}

/** True while a target waits for its time, or was given up. */
function isHeldBack(state: ModelState, target: DesiredModel, nowMs: number): boolean {
  return isPaused(state, target, nowMs) || (state.rejected !== null && isOf(state.rejected, target));
}

function isThere(target: DesiredModel, { present }: Facts): boolean {
  return filesOf(target).every(({ digest }) => present.has(digest));
}

/** Until all files are there and were compared with their digests. */
function planFiles(model: ModelKey, target: DesiredModel, facts: Facts): EdgeStep | undefined {
  const files = filesOf(target);
  const missing = files.find(({ digest }) => !facts.present.has(digest));
  if (missing) return { kind: 'download', model, target, file: missing };
  const unverified = files.find(({ digest }) => !facts.verified.has(digest));
  return unverified && { kind: 'verify', model, target, file: unverified };
}

function planTarget(model: ModelKey, target: DesiredModel, facts: Facts): EdgeStep {
  const step = planFiles(model, target, facts);
  if (step) return step;
  const untested = target.versions.find((version) => !facts.tested.has(versionKey(version)));
  if (untested) return { kind: 'test-load', model, target, version: untested };
  return { kind: facts.warm.get(model) === targetKey(target) ? 'switch' : 'warm', model, target };
}

/**
 * Artifacts that nothing needs: not what runs, not what ran well before it, not what is wanted. None while nobody has
 * said what is wanted.
 */
export function garbageOf({ desired, models, facts }: EdgeSituation): readonly Digest[] {
  if (!desired) return [];
  const needed = new Set<Digest>(facts.neededElsewhere);
  const need = (target: DesiredModel | null): void => {
    if (target) for (const { digest } of filesOf(target)) needed.add(digest);
  };
  for (const target of desired.models) need(target);
  for (const { running, lastGood } of models.values()) {
    need(running);
    need(lastGood);
  }
  return [...facts.present.keys()].filter((digest) => !needed.has(digest)).sort();
}

function noRoom(step: Extract<EdgeStep, { kind: 'download' }>, missingBytes: number, freeBytes: number): EdgeStep {
  const message = `${missingBytes} bytes are missing, and there is room for ${Math.max(0, freeBytes)}.`;
  return { kind: 'refuse', model: step.model, target: step.target, code: 'STORAGE_FULL', message };
}

/** When to plan again if nothing happens; undefined = nothing waits. */
export function nextPlanAt(models: Iterable<ModelState>, nowMs: number): number | undefined {
  const moments: number[] = [];
  for (const { failure, health } of models) {
    if (failure && failure.retryAt > nowMs) moments.push(failure.retryAt);
    if (health) moments.push(health.since + HEALTH_WINDOW_MS);
  }
  return moments.length === 0 ? undefined : Math.max(nowMs, Math.min(...moments));
}
