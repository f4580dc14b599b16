import type { EngineStats, ModelStats } from '../../../lib/inference/engine';
import type { Model } from '../../../lib/registry/types';

interface Series {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number | null }[];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function seriesText({ name, type, help, samples }: Series): string {
  const known = samples.filter((sample) => sample.value !== null);
  const lines = known.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

function perModel(
  stats: readonly ModelStats[],
  name: string,
  type: Series['type'],
  help: string,
  value: (of: ModelStats) => number | null,
): Series {
  const samples = stats.map((of) => ({
    labels: { model: of.model, version: String(of.version ?? 'file') },
    value: value(of),
  }));
  return { name: `model_management_${name}`, type, help, samples };
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

/**
 * The figures in the Prometheus text format 0.0.4.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(engine: EngineStats, models: readonly Model[]): string {
  const stats = engine.models;
  const quantiles: Series = {
    name: 'model_management_latency_seconds',
    type: 'gauge',
    help: 'Time from request to answer, of recent requests.',
    samples: stats.flatMap((of) => {
      const labels = { model: of.model, version: String(of.version ?? 'file') };
      return [
        { labels: { ...labels, quantile: '0.5' }, value: seconds(of.p50Ms) },
        { labels: { ...labels, quantile: '0.99' }, value: seconds(of.p99Ms) },
      ];
    }),
  };
  const count = (name: string, help: string, value: number): Series => ({
    name: `model_management_${name}`,
    type: 'gauge',
    help,
    samples: [{ labels: {}, value }],
  });
  const series = [
    count('models', 'Models in the registry.', models.length),
    count(
      'versions',
      'Versions in the registry.',
      models.reduce((sum, { versions }) => sum + versions.length, 0),
    ),
    count('engine_available', '1 when a runtime for models is there.', engine.kind === 'none' ? 0 : 1),
    perModel(stats, 'requests_total', 'counter', 'Requests since the version was loaded.', (of) => of.requests),
    perModel(stats, 'errors_total', 'counter', 'Requests that failed.', (of) => of.errors),
    perModel(stats, 'restarts_total', 'counter', 'Restarts of the process of the version.', (of) => of.restarts),
    perModel(stats, 'queue', 'gauge', 'Requests waiting or running.', (of) => of.queue),
    perModel(stats, 'memory_bytes', 'gauge', 'Memory of the process of the version.', (of) => of.memoryBytes),
    quantiles,
  ];
  return `${series.map(seriesText).join('\n')}\n`;
}
