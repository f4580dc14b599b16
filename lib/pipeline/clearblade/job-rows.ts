import { isMetricName } from '../../registry';
import { MAX_MODEL_NAME_LENGTH, type Names } from './names';
import type { JobRow } from './rows';
import type { ImportWarning } from './warning';

/** What the original ran its containers on. */
const ORIGINAL_IMAGE = 'python:3.9-bullseye';
/** Of what `{run}` stands for. */
const RUN_ID_LENGTH = 36;
const LOWER_IS_BETTER = /loss|error|mae|mse|rmse/i;
/** The original knew the last two words, but could not train by them. */
const units = new Map([
  ['SECOND', { unit: 'second', seconds: 1 }],
  ['MINUTE', { unit: 'minute', seconds: 60 }],
  ['HOUR', { unit: 'hour', seconds: 3_600 }],
  ['DAY', { unit: 'day', seconds: 86_400 }],
  ['WEEK', { unit: 'week', seconds: 604_800 }],
  ['MONTH', { unit: 'month', seconds: undefined }],
  ['YEAR', { unit: 'year', seconds: undefined }],
]);

/** The fields of a job that its row decides; all others are the defaults of a new job. */
export interface ImportedJob {
  readonly name: string;
  readonly baseModel: string;
  readonly trainingEdge: string;
  readonly updateExistingModel: boolean;
  readonly newModelName?: string;
  readonly schedule: { readonly kind: 'interval'; readonly every: number; readonly unit: string } | null;
  readonly queries: readonly {
    readonly id: string;
    readonly query: string;
    readonly source: 'local';
    readonly newDataOnly: boolean;
    readonly newDataCollections: readonly string[];
  }[];
  readonly scripts: readonly string[];
  readonly metrics: readonly { readonly name: string; readonly direction: 'maximize' | 'minimize' }[];
  readonly image: string;
  readonly network: 'bridge';
}

/** The name its model has in the original, which called a job after its model where it named none. */
export function baseModelOf({ name, model_name: model }: JobRow): string {
  return model || name.replace(/(?<=.)_job$/s, '');
}

/** A job as this package describes one. What the row cannot say, and what does not fit, is in the warnings. */
export function importedJob(
  row: JobRow,
  names: Names,
): { readonly job: ImportedJob; readonly warnings: readonly ImportWarning[] } {
  const warnings: ImportWarning[] = [];
  const warn = (code: ImportWarning['code'], message: string): void => {
    warnings.push({ code, job: row.name, message });
  };
  const metrics = row.evaluations.filter(isMetricName);
  for (const name of row.evaluations) {
    if (metrics.includes(name)) continue;
    warn(
      'JOB_FIELD',
      `The metric ${JSON.stringify(name)} is left out: a name is letters, digits and "_", and none of the reserved file names.`,
    );
  }
  const schedule = scheduleOf(row, (message) => warn('JOB_FIELD', message));
  const scripts = row.training_files_info?.retrain_scripts_names ?? [];
  warn('JOB_FILES', filesToGive(row));
  warn(
    'JOB_NOT_CREATED',
    'The job is translated, not created: create it below, or by POST /jobs; then give it its files.',
  );
  const baseModel = names.model(baseModelOf(row));
  const job: ImportedJob = {
    name: row.name,
    baseModel,
    trainingEdge: row.training_edge || 'local',
    updateExistingModel: row.update_existing_model,
    ...(row.update_existing_model ? {} : { newModelName: newNameFrom(baseModel) }),
    schedule,
    queries: row.queries.map(({ query, new_data_only, collection }, index) => ({
      id: `q${index + 1}`,
      query,
      source: 'local',
      newDataOnly: new_data_only,
      newDataCollections: new_data_only && collection !== '' ? [collection] : [],
    })),
    scripts,
    metrics: metrics.map((name) => ({ name, direction: LOWER_IS_BETTER.test(name) ? 'minimize' : 'maximize' })),
    image: ORIGINAL_IMAGE,
    network: 'bridge',
  };
  return { job, warnings };
}

function newNameFrom(baseModel: string): string {
  return `${baseModel.slice(0, MAX_MODEL_NAME_LENGTH - 1 - RUN_ID_LENGTH)}-{run}`;
}

function scheduleOf({ repeat }: JobRow, warn: (message: string) => void): ImportedJob['schedule'] {
  if (!repeat || repeat.type === 'REPEAT_NONE' || repeat.value.amount === 0) return null;
  const { amount, units: word } = repeat.value;
  const known = units.get(word);
  if (known && Number.isInteger(amount) && amount > 0) return { kind: 'interval', every: amount, unit: known.unit };
  const repetition = `The repetition "every ${amount} ${word.slice(0, 40)}"`;
  if (!known?.seconds || !(amount > 0)) {
    warn(`${repetition} cannot be understood; the job has no schedule.`);
    return null;
  }
  const seconds = Math.max(1, Math.round(amount * known.seconds));
  warn(`${repetition} is every ${seconds} seconds here.`);
  return { kind: 'interval', every: seconds, unit: 'second' };
}

function filesToGive({ training_files_info: files }: JobRow): string {
  const scripts = files?.retrain_scripts_names ?? [];
  const folder = files?.additional_input_folder_name;
  const parts = [
    `the requirements file ${JSON.stringify(files?.retrain_requirement_file_name ?? 'requirements.txt')}`,
    scripts.length > 0
      ? `the scripts ${scripts
          .slice(0, 20)
          .map((name) => JSON.stringify(name))
          .join(', ')}`
      : 'its scripts',
    ...(folder ? [`the files of the folder ${JSON.stringify(folder)}`] : []),
  ];
  return `Rows hold no files. Give the job ${parts.join(', ')}.`;
}
