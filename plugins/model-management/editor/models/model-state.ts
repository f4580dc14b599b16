import type { ModelProcessState } from '../../../../lib/inference/engine';
import type { Health, Model, VersionSummary } from '../contract';

/** What the dot of a model tells, by shape and by word. */
export type ModelState = 'empty' | 'idle' | 'loading' | 'running' | 'failed' | 'unavailable';

const OF_PROCESS: Record<ModelProcessState, ModelState> = {
  starting: 'loading',
  ready: 'running',
  restarting: 'loading',
  failed: 'failed',
};

export function stateOfProcess(state: ModelProcessState): ModelState {
  return OF_PROCESS[state];
}

/** A version that is being loaded beside the deployed one shows as loading: the swap is under way. */
export function modelState(model: Model, health: Health | undefined): ModelState {
  if (model.versions.length === 0) return 'empty';
  if (health?.engine.kind === 'none') return 'unavailable';
  const processes = health?.engine.models.filter((stats) => stats.model === model.name) ?? [];
  if (processes.some(({ state }) => state === 'starting')) return 'loading';
  const deployed = processes.find(({ version }) => version === model.aliases.deployed) ?? processes[0];
  return deployed ? OF_PROCESS[deployed.state] : 'idle';
}

export type Trend = 'up' | 'down' | 'level';

export interface ShownMetric {
  readonly name: string;
  readonly value: number;
  /** Against the next older version that has the metric. */
  readonly trend?: Trend;
}

/** Its own: a metric may be named like something that every object has. */
export function metricOf({ metrics }: Pick<VersionSummary, 'metrics'>, name: string): number | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name] : undefined;
}

export function versionOf(model: Model, version: number | null | undefined): VersionSummary | undefined {
  return model.versions.find((candidate) => candidate.version === version);
}

/** The metric the list shows for a model: accuracy if the deployed version has it, else its first one. */
export function shownMetric(model: Model): ShownMetric | undefined {
  const shown = versionOf(model, model.aliases.deployed ?? model.latestVersion);
  const name = shown && (Object.hasOwn(shown.metrics, 'accuracy') ? 'accuracy' : Object.keys(shown.metrics)[0]);
  const value = shown && name !== undefined ? metricOf(shown, name) : undefined;
  if (!shown || name === undefined || value === undefined) return undefined;
  const trend = trendOf(model, shown, name);
  return { name, value, ...(trend && { trend }) };
}

/** How `metric` moved from the next older version that has it to `version`; undefined when there is none. */
export function trendOf(model: Model, version: VersionSummary, metric: string): Trend | undefined {
  const value = metricOf(version, metric);
  const older = model.versions
    .filter((one) => one.version < version.version && metricOf(one, metric) !== undefined)
    .sort((a, b) => b.version - a.version)[0];
  const before = older && metricOf(older, metric);
  if (value === undefined || before === undefined) return undefined;
  return value > before ? 'up' : value < before ? 'down' : 'level';
}
