import { modelKey } from '../../names';
import { targetKey, versionKey } from './model-state';
import type { EdgeStep } from './planner';

/** Steps of one lane never run side by side. */
export const laneOf = (step: EdgeStep): string => ('model' in step ? `model ${modelKey(step.model)}` : step.kind);

/** Equal for steps that do the same. */
export function idOf(step: EdgeStep): string {
  switch (step.kind) {
    case 'download':
    case 'verify':
      return `${step.kind} ${step.file.digest}`;
    case 'test-load':
      return `${step.kind} ${versionKey(step.version)}`;
    case 'start':
    case 'lose':
    case 'warm':
    case 'switch':
    case 'return':
    case 'refuse':
      return `${step.kind} ${targetKey(step.target)}`;
    default:
      return step.kind;
  }
}

/** They read the files of their target. */
export const FILE_STEPS: ReadonlySet<EdgeStep['kind']> = new Set(['start', 'test-load', 'warm', 'switch', 'return']);
