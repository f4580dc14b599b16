import { ModelManagementError } from '../errors';
import { AliasName, LATEST, VersionNumber } from '../ids';
import type { ModelLife, VersionState } from './model-history';
import { latestVersion } from './views';

/** A number, its digits, an alias, or `latest`. */
export type VersionRef = string | number;

/** The version a reference names now, or undefined. */
export function findState(life: ModelLife, ref: VersionRef): VersionState | undefined {
  const version = numberOf(life, ref);
  return version === undefined ? undefined : life.versions.get(version);
}

/** @throws {ModelManagementError} `VERSION_NOT_FOUND`, or `ALIAS_NOT_FOUND` when the reference is a name */
export function resolveVersion(life: ModelLife, ref: VersionRef): VersionState {
  const state = findState(life, ref);
  if (state) return state;
  if (ref === LATEST) {
    throw new ModelManagementError('VERSION_NOT_FOUND', `${life.name} has no versions yet.`, 'Upload one first.');
  }
  if (AliasName.safeParse(ref).success) {
    const aliases = [...life.aliases.keys(), LATEST].join(', ');
    const hint = `Aliases of ${life.name}: ${aliases}.`;
    throw new ModelManagementError('ALIAS_NOT_FOUND', `${life.name} has no alias ${ref}.`, hint);
  }
  const versions = [...life.versions.keys()].slice(-10).join(', ');
  throw new ModelManagementError(
    'VERSION_NOT_FOUND',
    `${life.name} has no version ${JSON.stringify(ref)}.`,
    versions ? `The latest versions are ${versions}.` : 'It has no versions yet: upload one first.',
  );
}

function numberOf(life: ModelLife, ref: VersionRef): VersionNumber | undefined {
  if (typeof ref === 'string' && !/^[1-9]\d{0,15}$/.test(ref)) {
    return ref === LATEST ? latestVersion(life) : life.aliases.get(ref as AliasName);
  }
  const parsed = VersionNumber.safeParse(Number(ref));
  return parsed.success ? parsed.data : undefined;
}
