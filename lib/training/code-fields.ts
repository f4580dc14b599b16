import { LOCAL_EDGE } from '../names';
import type { JobFields } from './job';

/** What decides which code runs with the secrets of a job, where, and how far it reaches. */
const CODE_FIELDS = ['trainingEdge', 'runner', 'image', 'network', 'gpus', 'env'] as const;

type CodeFields = Pick<JobFields, (typeof CODE_FIELDS)[number]>;

/** Of a job that is told nothing of it. */
export const codeDefaults = (image: string): CodeFields => ({
  trainingEdge: LOCAL_EDGE,
  runner: 'docker',
  image,
  network: 'none',
  gpus: false,
  env: {},
});

/**
 * Which of the fields that decide over code something given would make another.
 * @param given - fields of a job, not looked at yet
 * @param present - as they are; what a secret is does not matter, as one that is given is always another
 * @returns the name of the first; undefined = none
 */
export function changedCode(given: unknown, present: CodeFields): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  return CODE_FIELDS.find((name) => {
    const value: unknown = Reflect.get(given, name);
    return value !== undefined && (name === 'env' ? !isSameEnv(value, present.env) : value !== present[name]);
  });
}

/** Whether overrides of a run give it other variables than its job has. */
export function changedVariable(overrides: unknown, present: CodeFields['env']): string | undefined {
  const env: unknown = typeof overrides === 'object' && overrides !== null ? Reflect.get(overrides, 'env') : undefined;
  if (typeof env !== 'object' || env === null) return undefined;
  return Object.entries(env).find(([name, value]) => value !== present[name])?.[0];
}

function isSameEnv(given: unknown, present: CodeFields['env']): boolean {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  const names = Object.keys(present);
  const entries = Object.entries(given);
  return entries.length === names.length && entries.every(([name, value]) => isKept(value, present[name]));
}

function isKept(given: unknown, present: CodeFields['env'][string] | undefined): boolean {
  if (typeof given !== 'object') return given === present;
  return typeof present === 'object' && given !== null && Reflect.get(given, 'secret') === null;
}
