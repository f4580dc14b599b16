import { z } from 'zod';
import { fromJsonText, MAX_TEXT_LENGTH, tolerant } from './row-fields';
import { Steps } from './steps';

const MAX_ROW_COUNT = 500;
const MAX_LIST_LENGTH = 1_000;
const MAX_NAME_LENGTH = 1_000;
const MAX_ALL_STEPS = 2_500;
/** Of the ids in `prev` and `next`. */
const MAX_ALL_ENDS = 50_000;

const textUpTo = (length: number) =>
  z
    .string()
    .max(length)
    .nullish()
    .transform((value) => value ?? '');
const text = textUpTo(MAX_TEXT_LENGTH);
const name = z.string().min(1).max(MAX_NAME_LENGTH);
const flag = (fallback: boolean) =>
  z
    .union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')])
    .nullish()
    .transform((value) => value ?? fallback);
const texts = z
  .preprocess(fromJsonText, z.array(z.string().max(MAX_TEXT_LENGTH)).max(MAX_LIST_LENGTH).nullish())
  .transform((value) => value ?? []);

/** A row of the collection `pipelines`. Fields not named here are left alone. */
const PipelineRow = z.object({
  name: textUpTo(MAX_NAME_LENGTH),
  item_id: tolerant(z.string()),
  created_at: tolerant(z.string()),
  steps: z.preprocess(fromJsonText, Steps),
  status: tolerant(z.preprocess(fromJsonText, z.object({ state: z.string(), errorMessage: tolerant(z.string()) }))),
});

/** A row of the collection `models`: one version. */
const ModelRow = z.object({
  id: text,
  name,
  job_name: text,
  evaluations: tolerant(z.preprocess(fromJsonText, z.record(z.string(), z.unknown()))),
  is_history: flag(false),
  created_at: tolerant(z.string()),
  to_deploy: flag(true),
});

const Query = z.object({
  query: z.string().max(MAX_TEXT_LENGTH),
  new_data_only: flag(false),
  collection: text,
});

/** A row of the collection `jobs`. */
const JobRow = z.object({
  name,
  model_name: text,
  training_edge: text,
  queries: z.preprocess(fromJsonText, z.array(Query).max(MAX_LIST_LENGTH).nullish()).transform((value) => value ?? []),
  training_files_info: tolerant(
    z.preprocess(
      fromJsonText,
      z.object({
        retrain_requirement_file_name: tolerant(z.string()),
        retrain_scripts_names: texts,
        additional_input_folder_name: tolerant(z.string()),
      }),
    ),
  ),
  evaluations: texts,
  update_existing_model: flag(true),
  repeat: tolerant(
    z.preprocess(
      fromJsonText,
      z.object({ type: z.string(), value: z.object({ amount: z.coerce.number(), units: z.string() }) }),
    ),
  ),
});

export type PipelineRow = z.infer<typeof PipelineRow>;
export type ModelRow = z.infer<typeof ModelRow>;
export type JobRow = z.infer<typeof JobRow>;

const rows = <T>(row: z.ZodType<T>) => z.array(row).max(MAX_ROW_COUNT).default([]);

/**
 * What to import: exported rows of the original's collections. `jsonb` columns may be objects or their JSON text, columns
 * that are not needed may be absent or anything; at most 500 rows of a kind, 2,500 steps and 50,000 ids in all.
 */
export const ImportRequest = z
  .strictObject({
    pipelines: rows(PipelineRow),
    jobs: rows(JobRow),
    models: rows(ModelRow),
    /** An `mqtt-broker` that exists already; without one the flows bring one of their own, for all tabs. */
    brokerId: z.string().min(1).exactOptional(),
  })
  .refine(({ pipelines }) => sumOf(pipelines, ({ steps }) => steps.size) <= MAX_ALL_STEPS, {
    path: ['pipelines'],
    error: `expected at most ${MAX_ALL_STEPS} steps in all; import fewer pipelines at a time`,
  })
  .refine(({ pipelines }) => sumOf(pipelines, endCountOf) <= MAX_ALL_ENDS, {
    path: ['pipelines'],
    error: `expected at most ${MAX_ALL_ENDS} ids in all prev and next; import fewer pipelines at a time`,
  });
export type ImportRequest = z.infer<typeof ImportRequest>;

function sumOf(pipelines: readonly PipelineRow[], countOf: (row: PipelineRow) => number): number {
  return pipelines.reduce((sum, row) => sum + countOf(row), 0);
}

function endCountOf({ steps }: PipelineRow): number {
  return [...steps.values()].reduce((sum, { prev, next }) => sum + prev.length + next.length, 0);
}
