import { isAliasName, isModelName } from '../../../lib/names';
import { ENVIRONMENT, type Fault, faultIf, isCount } from '../../../plugins/model-management/editor/dialog/fault';
import { findJoinFault } from '../../../plugins/model-management/editor/join/stored-join';
import type { EditedConfig } from './stored-config';

const isVersion = (text: string): boolean => /^[1-9]\d*$/.test(text) || isAliasName(text);

type Checks = {
  readonly [K in keyof EditedConfig]?: (value: EditedConfig[K], config: EditedConfig) => Fault | undefined;
};

const CHECKS: Checks = {
  model: (model, { source }) =>
    source === 'registry'
      ? (faultIf(model === '', 'noModel') ??
        faultIf(!isModelName(model) && !ENVIRONMENT.test(model), 'badModel', { model }))
      : undefined,
  file: (file, { source }) =>
    source === 'file'
      ? (faultIf(file === '', 'noFile') ?? faultIf(/^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(file), 'badFile'))
      : undefined,
  version: (version, { source }) =>
    faultIf(source === 'registry' && !isVersion(version) && !ENVIRONMENT.test(version), 'badVersion', { version }),
  features: (features) => {
    const twice = features.find((name, index) => features.indexOf(name) !== index);
    return (
      faultIf(features.includes(''), 'emptyFeature') ??
      faultIf(twice !== undefined, 'twiceFeature', { name: twice ?? '' })
    );
  },
  inputMap: (rows) => {
    const twice = rows.find(({ input }, index) => rows.findIndex((row) => row.input === input) !== index);
    const bad = rows.find(({ value, valueType }) => !isUsable(value, valueType));
    return (
      faultIf(
        rows.some(({ input }) => input === ''),
        'noInput',
      ) ??
      faultIf(twice !== undefined, 'twiceInput', { name: twice?.input ?? '' }) ??
      faultIf(bad !== undefined, 'badValue', { name: bad?.input ?? '' })
    );
  },
  result: ({ mode, names }) => faultIf(mode === 'named' && names.length === 0, 'noOutput'),
  label: ({ topK }) => faultIf(!isCount(topK, 1), 'badCount'),
  timeoutMs: (timeoutMs) => faultIf(!isCount(timeoutMs, 0), 'badCount'),
  queue: ({ max }) => faultIf(!isCount(max, 0), 'badCount'),
  join: (_join, config) => findJoinFault(config),
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
