import { ServiceSlot } from '../service-slot';
import type { Training } from './training';
import type { RunView } from './views';

/** What a node that triggers runs is told of them. */
export type TriggeredRun = Pick<
  RunView,
  | 'id'
  | 'number'
  | 'job'
  | 'state'
  | 'node'
  | 'phases'
  | 'model'
  | 'version'
  | 'metrics'
  | 'error'
  | 'reason'
  | 'promotion'
  | 'durationMs'
>;

/** The jobs as nodes see them: of this Node-RED, or of the hub where this is an edge. */
export interface TriggerTarget
  extends Pick<Training, 'hasJob' | 'cancelJob' | 'onChange' | 'isEndTold' | 'noteEndTold'> {
  startRun(...given: Parameters<Training['startRun']>): Promise<TriggeredRun & { readonly joined?: true }>;
  run(id: string): TriggeredRun;
  endsOf(node: string): readonly TriggeredRun[];
}

/** Where nodes find the jobs of this Node-RED. */
export const trainingSlot = new ServiceSlot<TriggerTarget>();
