import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManagementError } from '../../errors';
import { withFile } from '../../files';
import { workFiles } from '../env-list';
import type { JobFields } from '../job';

const MAX_METRIC_BYTES = 1_024;

/** Paths below the work folder that a run may leave. */
export function outputPaths({ metrics }: Pick<JobFields, 'metrics'>): readonly string[] {
  return [
    workFiles.model,
    workFiles.preprocessing,
    workFiles.additionalOutput,
    ...metrics.map(({ name }) => workFiles.metric(name)),
  ];
}

/**
 * The metrics a run wrote, and that it wrote a model.
 * @throws {ModelManagementError} `OUTPUT_MISSING`, `INVALID_METRIC` naming the file
 */
export async function checkOutputs(
  outputsPath: string,
  { metrics }: Pick<JobFields, 'metrics'>,
): Promise<Readonly<Record<string, number>>> {
  const model = await stat(join(outputsPath, workFiles.model)).catch(() => undefined);
  if (!model) {
    throw new ModelManagementError(
      'OUTPUT_MISSING',
      `The scripts wrote no ${workFiles.model}.`,
      'Write the new model to the path in os.environ["model_file_path"].',
      { details: { path: workFiles.model } },
    );
  }
  const values: Record<string, number> = {};
  for (const { name } of metrics) values[name] = await metricOf(outputsPath, name);
  return values;
}

async function metricOf(outputsPath: string, name: string): Promise<number> {
  const file = workFiles.metric(name);
  const hint = `Write the number to the path in os.environ["${name}_path"].`;
  const text = await beginningOf(join(outputsPath, file)).catch(() => undefined);
  if (text === undefined) {
    throw new ModelManagementError(
      'OUTPUT_MISSING',
      `The scripts wrote no ${file}, so the metric ${name} is missing.`,
      hint,
      {
        details: { path: file },
      },
    );
  }
  const word = text.toString('utf8').trim();
  const value = Number(word);
  if (word !== '' && Number.isFinite(value)) return value;
  throw new ModelManagementError(
    'INVALID_METRIC',
    `The metric ${name} is not a finite number: ${file} holds ${JSON.stringify(word.slice(0, 60))}.`,
    hint,
    { details: { path: file } },
  );
}

/** The file may be of any size. */
async function beginningOf(path: string): Promise<Buffer> {
  const { bytesRead, buffer } = await withFile(path, 'r', (file) =>
    file.read(Buffer.alloc(MAX_METRIC_BYTES), 0, MAX_METRIC_BYTES, 0),
  );
  return buffer.subarray(0, bytesRead);
}
