import type { EngineStats, ModelStats } from '../../../lib/inference/engine';
import type { NodeFigures } from '../../../lib/pipeline/node/node-figures';
import type { Model } from '../../../lib/registry/types';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  /** After the name of the family: a summary has `_sum` and `_count`. */
  readonly suffix?: string;
  readonly labels: Labels;
  /** null = not known: not told. */
  readonly value: number | null;
}

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** What an engine may answer with. A series that begins at its first error hides that error from `rate()`. */
const expectedErrors = [
  'INFERENCE_FAILED',
  'ENGINE_CRASHED',
  'ENGINE_TIMEOUT',
  'TIMEOUT',
  'QUEUE_FULL',
  'MODEL_FAILED',
] as const;

const escapedHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapedLabel = (text: string): string => escapedHelp(text).replace(/"/g, '\\"');

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapedLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function familyText({ name, type, help, samples }: Family): string {
  const full = `model_management_${name}`;
  const known = samples.filter((sample) => sample.value !== null);
  const lines = known.map(({ suffix = '', labels, value }) => `${full}${suffix}${labelText(labels)} ${value}`);
  return [`# HELP ${full} ${escapedHelp(help)}`, `# TYPE ${full} ${type}`, ...lines].join('\n');
}

const labelsOf = ({ model, version }: ModelStats): Labels => ({ model, version: String(version ?? 'file') });
const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

/** One family per figure, with a sample per loaded version. */
function modelFamilies(stats: readonly ModelStats[]): readonly Family[] {
  const per = (name: string, type: Family['type'], help: string, value: (of: ModelStats) => number | null): Family => ({
    name,
    type,
    help,
    samples: stats.map((of) => ({ labels: labelsOf(of), value: value(of) })),
  });
  return [
    per('requests_total', 'counter', 'Requests since the version was loaded.', (of) => of.requests),
    per('answered_total', 'counter', 'Requests that were answered.', (of) => of.answered),
    {
      name: 'errors_total',
      type: 'counter',
      help: 'Requests that failed, by error code.',
      samples: stats.flatMap(errorSamples),
    },
    per('restarts_total', 'counter', 'Restarts of the process of the version.', (of) => of.restarts),
    per('queue', 'gauge', 'Requests waiting or running.', (of) => of.queue),
    per('memory_bytes', 'gauge', 'Memory of the process of the version.', (of) => of.memoryBytes),
    per('batch_size_mean', 'gauge', 'Requests per call of the runtime, of recent requests.', (of) => of.batchMean),
    per('batch_size_max', 'gauge', 'Most requests in one call of the runtime, recently.', (of) => of.batchMax),
    per('run_seconds', 'gauge', 'Mean time inside the runtime, of recent requests.', (of) => seconds(of.runMs)),
    {
      name: 'latency_seconds',
      type: 'summary',
      help: 'Time from request to answer; the quantiles are those of recent requests.',
      samples: stats.flatMap(latencySamples),
    },
  ];
}

function errorSamples(of: ModelStats): readonly Sample[] {
  const none = Object.fromEntries(expectedErrors.map((code) => [code, 0]));
  const counts = Object.entries({ ...none, ...of.errorCodes });
  return counts.map(([code, value]) => ({ labels: { ...labelsOf(of), code }, value }));
}

function latencySamples(of: ModelStats): readonly Sample[] {
  const labels = labelsOf(of);
  return [
    { labels: { ...labels, quantile: '0.5' }, value: seconds(of.p50Ms) },
    { labels: { ...labels, quantile: '0.99' }, value: seconds(of.p99Ms) },
    { suffix: '_sum', labels, value: seconds(of.latencySumMs) },
    { suffix: '_count', labels, value: of.answered },
  ];
}

/** Messages at the inputs of the nodes that run. */
function nodeFamilies(nodes: readonly NodeFigures[]): readonly Family[] {
  const labelsOf = ({ id, type }: NodeFigures): Labels => ({ node: id, type });
  const per = (name: string, help: string, value: (of: NodeFigures) => number): Family => ({
    name,
    type: 'counter',
    help,
    samples: nodes.map((of) => ({ labels: labelsOf(of), value: value(of) })),
  });
  return [
    per('node_answered_total', 'Messages or rounds of a node that were answered.', (of) => of.answered),
    per('node_failed_total', 'Messages or rounds of a node that failed, refused ones too.', (of) => of.failed),
    per('node_refused_total', 'Messages that found the queue of the node full.', (of) => of.refused),
    per('node_dropped_total', 'Messages that the queue of the node dropped for newer ones.', (of) => of.dropped),
    per('node_dropped_rounds_total', 'Rounds of the join of a node that were given up.', (of) => of.droppedRounds),
    per(
      'node_unused_results_total',
      'Results that no round of the join used: late or early.',
      (of) => of.unusedResults,
    ),
  ];
}

/**
 * The figures in the Prometheus text format 0.0.4.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(engine: EngineStats, models: readonly Model[], nodes: readonly NodeFigures[]): string {
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: [{ labels: {}, value }],
  });
  const versionCount = models.reduce((sum, { versions }) => sum + versions.length, 0);
  const families = [
    gauge('models', 'Models in the registry.', models.length),
    gauge('versions', 'Versions in the registry.', versionCount),
    gauge('engine_available', '1 when a runtime for models is there.', engine.kind === 'none' ? 0 : 1),
    ...modelFamilies(engine.models),
    ...nodeFamilies(nodes),
  ];
  return `${families.map(familyText).join('\n')}\n`;
}
