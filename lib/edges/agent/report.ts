import { modelKey } from '../../names';
import type { DesiredModel, ReportedModel } from '../protocol/documents';
import { isOf, type ModelState, targetKey } from './model-state';
import type { EdgeSituation, Facts } from './planner';

/** What a report is made of. */
export interface Reportable extends Pick<EdgeSituation, 'desired' | 'models'> {
  readonly active: Facts['active'];
  /** 0..1 by model, of its download. */
  readonly progress: ReadonlyMap<string, number>;
}

/** Finer progress would only make more reports. */
const PROGRESS_STEP = 0.05;

/** What is told of a download that has come so far. */
export function reportedProgress(ratio: number): number {
  return Number((Math.floor(Math.min(1, Math.max(0, ratio)) / PROGRESS_STEP) * PROGRESS_STEP).toFixed(2));
}

/** What an edge says of its models: those it shall run and those it runs. @param messageLength - of each failure, at most */
export function reportModels(
  { desired, models, active, progress }: Reportable,
  messageLength: number,
): readonly ReportedModel[] {
  const targets = new Map(desired?.models.map((target) => [modelKey(target.name), target]));
  return [...new Set([...targets.keys(), ...models.keys()])].sort().flatMap((key): ReportedModel[] => {
    const [target, state] = [targets.get(key), models.get(key)];
    const shown = target ?? state?.running;
    if (!shown) return [];
    const running = state?.running ?? null;
    const isActive = running !== null && active.get(key) === targetKey(running);
    const version = isActive ? running.deployed : null;
    const failure = state && failureOf(state, shown, messageLength);
    if (failure) return [{ name: shown.name, version, state: 'failed', ...failure }];
    if (isActive && targetKey(running) === targetKey(shown)) {
      return [{ name: shown.name, version, state: 'running' }];
    }
    const ratio = progress.get(key);
    if (ratio === undefined) return [{ name: shown.name, version, state: 'pending' }];
    return [{ name: shown.name, version, state: 'downloading', progress: reportedProgress(ratio) }];
  });
}

function failureOf(
  { failure, rejected }: ModelState,
  target: DesiredModel,
  messageLength: number,
): Pick<ReportedModel, 'error' | 'retryAt'> | undefined {
  if (rejected && isOf(rejected, target)) return { error: errorOf(rejected, messageLength) };
  if (!failure || !isOf(failure, target)) return undefined;
  return { error: errorOf(failure, messageLength), retryAt: failure.retryAt };
}

const errorOf = ({ code, message }: { readonly code: string; readonly message: string }, messageLength: number) => ({
  code,
  message: message.slice(0, messageLength),
});
