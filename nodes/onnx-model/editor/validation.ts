import type { EditedConfig } from './stored-config';

/** Key of a sentence in the node's catalogue, with its values. */
export interface Fault {
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

const MODEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const VERSION = /^([1-9]\d*|[A-Za-z][A-Za-z0-9._-]{0,62})$/;
/** The platform puts environment variables in when the flow starts. */
const ENVIRONMENT = /^\$(\{[A-Za-z_]\w*\}|\([A-Za-z_]\w*\))$/;

type Checks = {
  readonly [K in keyof EditedConfig]?: (value: EditedConfig[K], config: EditedConfig) => Fault | undefined;
};

const fault = (isFault: boolean, key: string, values?: Fault['values']): Fault | undefined =>
  isFault ? { key, ...(values && { values }) } : undefined;
const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && Number(value) >= least;

const CHECKS: Checks = {
  model: (model, { source }) =>
    source === 'registry'
      ? (fault(model === '', 'noModel') ?? fault(!MODEL.test(model) && !ENVIRONMENT.test(model), 'badModel', { model }))
      : undefined,
  file: (file, { source }) =>
    source === 'file'
      ? (fault(file === '', 'noFile') ?? fault(/^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(file), 'badFile'))
      : undefined,
  version: (version, { source }) =>
    fault(source === 'registry' && !VERSION.test(version) && !ENVIRONMENT.test(version), 'badVersion', { version }),
  features: (features) => {
    const twice = features.find((name, index) => features.indexOf(name) !== index);
    return (
      fault(features.includes(''), 'emptyFeature') ?? fault(twice !== undefined, 'twiceFeature', { name: twice ?? '' })
    );
  },
  inputMap: (rows) => {
    const twice = rows.find(({ input }, index) => rows.findIndex((row) => row.input === input) !== index);
    const bad = rows.find(({ value, valueType }) => !isUsable(value, valueType));
    return (
      fault(
        rows.some(({ input }) => input === ''),
        'noInput',
      ) ??
      fault(twice !== undefined, 'twiceInput', { name: twice?.input ?? '' }) ??
      fault(bad !== undefined, 'badValue', { name: bad?.input ?? '' })
    );
  },
  result: ({ mode, names }) => fault(mode === 'named' && names.length === 0, 'noOutput'),
  label: ({ topK }) => fault(!isCount(topK, 1), 'badCount'),
  timeoutMs: (timeoutMs) => fault(!isCount(timeoutMs, 0), 'badCount'),
  queue: ({ max }) => fault(!isCount(max, 0), 'badCount'),
};

function isUsable(value: string, type: EditedConfig['inputMap'][number]['valueType']): boolean {
  if (type === 'num') return value.trim() !== '' && !Number.isNaN(Number(value));
  if (type !== 'json') return String(value) !== '';
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with one property, in the light of the others; undefined = nothing. */
export function findFault(property: string, config: EditedConfig): Fault | undefined {
  const key = property as keyof EditedConfig;
  const check = CHECKS[key] as
    | ((value: EditedConfig[typeof key], config: EditedConfig) => Fault | undefined)
    | undefined;
  return check?.(config[key], config);
}

/**
 * Number of columns the first input wants, when its shape says so: the last dimension of two or more.
 * undefined = anything goes.
 */
export function columnCount(shape: readonly (number | string | null)[] | null | undefined): number | undefined {
  const last = shape && shape.length >= 2 ? shape.at(-1) : undefined;
  return typeof last === 'number' ? last : undefined;
}
