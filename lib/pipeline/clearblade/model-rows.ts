import type { Names } from './names';
import type { ModelRow } from './rows';
import type { ImportWarning } from './warning';

/** A model of its own that a job made: it carried the name of the model it was trained from. */
export function isTrainedAlone({ job_name: job, is_history: isHistory }: ModelRow): boolean {
  return job !== '' && !isHistory;
}

/**
 * What to upload: rows hold no files. One warning per version, in the order in which to upload them, so that version
 * numbers come out in the order of the original's history.
 */
export function modelWarnings(rows: readonly ModelRow[], names: Names): readonly ImportWarning[] {
  const byAge = [...rows].sort((a, b) => (a.created_at ?? '').localeCompare(b.created_at ?? ''));
  const versionCounts = new Map<string, number>();
  return byAge.map((row) => {
    const name = isTrainedAlone(row) ? names.trained(row.name) : names.model(row.name);
    const version = (versionCounts.get(name) ?? 0) + 1;
    versionCounts.set(name, version);
    const facts = [
      `Upload ${fileOf(row)} as version ${version} of the model ${name}`,
      row.to_deploy && !isTrainedAlone(row) ? 'with the alias deployed' : '',
      row.created_at ? `(made ${row.created_at})` : '',
      metricsOf(row),
    ];
    return { code: 'MODEL_FILE', model: row.name, message: `${facts.filter((fact) => fact !== '').join(' ')}.` };
  });
}

/** Where the original keeps the file. */
function fileOf({ id, name, job_name: job, to_deploy: isDeployed }: ModelRow): string {
  if (isDeployed || job === '') return `outbox/model.onnx of the bucket set ${JSON.stringify(name)}`;
  return `inbox/<training edge>/${id}/model.onnx of the bucket set ${JSON.stringify(`${job}_training`)}`;
}

/** Values are the raw text of a metric's file. */
function metricsOf({ evaluations = {} }: ModelRow): string {
  const given = Object.entries(evaluations).map(([name, value]) => `${name} ${String(value).trim().slice(0, 40)}`);
  return given.length === 0 ? '' : `and the metrics ${given.slice(0, 20).join(', ')}`;
}
