import type { JobFields } from '../../training/job';
import type { ReportedState } from '../protocol/documents';
import type { EdgeDocument } from './hub-documents';
import type { EdgeState } from './views';

/** How it stands with an edge, for who wants something carried out there. */
export interface EdgeStanding {
  readonly name: EdgeDocument['name'];
  readonly labels: readonly string[];
  readonly state: EdgeState;
  readonly sinceMs: number;
  /** Null = it is not enrolled. */
  readonly key: EdgeDocument['key'];
  /** Under this key; null = it has not said anything yet. */
  readonly report: ReportedState | null;
}

/** What an edge has to be able to do, as it tells in `features`. */
export const RUNS_FEATURE = 'runs';
export const PROCESS_FEATURE = 'process-runner';

/** `features` of a Node-RED as an edge. */
export const trainingFeatures = (hasProcesses: boolean): readonly string[] => [
  RUNS_FEATURE,
  ...(hasProcesses ? [PROCESS_FEATURE] : []),
];

/** Why an edge cannot carry out runs of this kind; undefined = it can, or has not told. */
export function trainingRefusal(
  { name, state, key, report }: EdgeStanding,
  runner: JobFields['runner'],
): string | undefined {
  if (!key) return `${name} is ${state}: it has to be enrolled before it can train.`;
  if (!report) return undefined;
  const { features, docker } = report.capabilities;
  if (!features.includes(RUNS_FEATURE))
    return `${name} runs a release of the package that cannot train for a hub: update it.`;
  if (runner === 'docker' && !docker.available) return `${name} has no Docker engine that answers.`;
  if (runner === 'process' && !features.includes(PROCESS_FEATURE)) {
    return `${name} does not let scripts run as processes: set modelManagement.training.allowProcessRunner in its settings.js.`;
  }
  return undefined;
}
