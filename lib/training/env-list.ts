import type { JobFields } from './job';

/** Names of the files in the folder that scripts run in. */
export const workFiles = {
  model: 'model.onnx',
  preprocessing: 'preprocessing.onnx',
  additionalOutput: 'additional_output',
  requirements: 'retrain_requirement.txt',
  envList: 'env.list',
  previousMetrics: 'previous_metrics.json',
  data: (index: number): string => `collection_data_${index + 1}.json`,
  script: (index: number): string => `retrain_scripts_${index + 1}.py`,
  metric: (name: string): string => `${name}.txt`,
} as const;

/** The variables a script finds, in the order of the original; what is ours comes last. */
export function scriptVariables(
  { queries, metrics }: Pick<JobFields, 'queries' | 'metrics'>,
  run: { readonly id: string; readonly baseVersion: number | null },
): readonly (readonly [string, string])[] {
  return [
    ['model_file_path', workFiles.model],
    ['preprocessing_file_path', workFiles.preprocessing],
    // With the slash: scripts put file names behind it.
    ['additional_output_folder_path', `${workFiles.additionalOutput}/`],
    ...queries.map((_, index) => [`collection_data_${index + 1}_path`, workFiles.data(index)] as const),
    ...metrics.map(({ name }) => [`${name}_path`, workFiles.metric(name)] as const),
    ['previous_metrics_path', workFiles.previousMetrics],
    ['base_version', run.baseVersion === null ? '' : String(run.baseVersion)],
    ['run_id', run.id],
  ];
}

/**
 * What `env.list` holds: all that a script finds but secrets, and but values of several lines, for which that format has
 * no words.
 */
export function listedVariables(
  fields: Pick<JobFields, 'queries' | 'metrics' | 'env'>,
  run: { readonly id: string; readonly baseVersion: number | null },
): readonly (readonly [string, string])[] {
  const own = Object.entries(fields.env).flatMap(([name, value]) =>
    typeof value === 'string' && !/[\r\n]/.test(value) ? [[name, value] as const] : [],
  );
  return [...scriptVariables(fields, run), ...own];
}

/** One line each, the value as it is: as `docker run --env-file` reads it. */
export function envListText(variables: readonly (readonly [string, string])[]): string {
  return variables.map(([name, value]) => `${name}=${value}\n`).join('');
}
