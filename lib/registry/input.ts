import { z } from 'zod';
import { invalidInput } from '../errors';
import { ModelName } from '../ids';

export { firstIssue, parseInput } from '../parse-input';

import { OriginalFile } from './documents';
import { isMetricName } from './metric-name';
import { isNameList, MAX_NAME_COUNT } from './onnx/metadata';

const MAX_DESCRIPTION_LENGTH = 10_000;
const MAX_ENTRY_COUNT = 256;
const MAX_TAG_LENGTH = 1_024;

export const Description = z.string().max(MAX_DESCRIPTION_LENGTH);

/** An object of at most 256 entries. `__proto__` is refused: it would be lost on the way through objects. */
function entries<T>(
  value: z.ZodType<T>,
  isKey: (key: string) => boolean,
  keyRule: string,
): z.ZodType<Record<string, T>> {
  return z
    .custom<Record<string, T>>((input) => typeof input === 'object' && input !== null && !Array.isArray(input), {
      error: 'expected an object',
    })
    .superRefine((input, context) => {
      const keys = Object.keys(input);
      // Alone: a hundred thousand complaints take seconds.
      if (keys.length > MAX_ENTRY_COUNT) return context.addIssue(`expected at most ${MAX_ENTRY_COUNT} entries`);
      for (const key of keys) {
        const issue = (message: string): void => context.addIssue({ code: 'custom', path: [key], message });
        if (key === '__proto__' || !isKey(key)) issue(keyRule);
        for (const { message } of value.safeParse(input[key]).error?.issues ?? []) issue(message);
      }
    });
}

const tags = entries(
  z.string().max(MAX_TAG_LENGTH),
  (key) => key !== '' && key.length <= 128,
  'the name of a tag has 1 to 128 characters',
);

const metrics = entries(
  z.number(),
  isMetricName,
  'the name of a metric is letters, digits and "_", not first a digit, and none of the reserved file names',
);
const NAME_RULE = 'expected at most 10,000 different, not empty texts of up to 256 characters';
/** Null or an empty list = none. The length comes first: each wrong item costs a complaint. */
const names = z
  .custom<unknown[]>((list) => Array.isArray(list) && list.length <= MAX_NAME_COUNT, { error: NAME_RULE })
  .pipe(z.array(z.string()).refine((list) => list.length === 0 || isNameList(list), { error: NAME_RULE }))
  .nullable();

/** The name is checked by `parseModelName`. */
export const NewModel = z.strictObject({
  name: z.string(),
  description: Description.default(''),
  tags: tags.default({}),
});
export const ModelPatch = z.strictObject({ description: Description.exactOptional(), tags: tags.exactOptional() });

/** What may be said of a version. A field replaces the old value as a whole. */
export const VersionAttributes = z.strictObject({
  description: Description.exactOptional(),
  tags: tags.exactOptional(),
  metrics: metrics.exactOptional(),
  labels: names.exactOptional(),
  features: names.exactOptional(),
});
export type VersionAttributes = z.infer<typeof VersionAttributes>;

/** The content of `version.json` in an archive: what is said of the version, and what happened to its model file. */
export const VersionJson = VersionAttributes.extend({ original: OriginalFile.exactOptional() });
export type VersionJson = z.infer<typeof VersionJson>;

const versionRef = z.union([z.int().positive(), z.string().min(1)]);
export const AliasMoveInput = z.strictObject({
  version: versionRef,
  /** The number the alias must have now; null = it must not exist. */
  expectedVersion: z.int().positive().nullable().exactOptional(),
  force: z.boolean().default(false),
  /** Why; kept in the audit. */
  reason: z.string().max(1_000).exactOptional(),
});

/** @throws {ModelManagementError} `INVALID_INPUT` */
export function parseModelName(name: string): ModelName {
  const parsed = ModelName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw invalidInput(
    'name',
    `A model's name begins with a letter or digit, then up to 62 letters, digits, ".", "_" or "-"; got ${JSON.stringify(name)}.`,
    'Choose such a name.',
  );
}
