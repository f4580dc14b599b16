import { invalidInput } from '../errors';
import { MODEL_NAME } from '../names';

/** Jobs are named as models are. */
export function checkJobName(name: string): void {
  if (MODEL_NAME.test(name)) return;
  throw invalidInput(
    'name',
    `A job's name begins with a letter or digit, then up to 62 letters, digits, ".", "_" or "-"; got ${JSON.stringify(name.slice(0, 80))}.`,
    'Choose such a name.',
  );
}

export const jobKey = (name: string): string => name.toLowerCase();

export const fileKinds = ['requirements', 'scripts', 'additional'] as const;
export type FileKind = (typeof fileKinds)[number];

const SEGMENT = /^[^/\\:*?"<>|\p{Cc}]{1,255}$/u;

/**
 * Where a file of a job lies: `requirements.txt`, a script's name, or a path below the additional files.
 * @throws {ModelManagementError} `INVALID_INPUT`
 */
export function checkFilePath(kind: string, path: string): FileKind {
  const known = fileKinds.find((name) => name === kind);
  if (!known)
    throw invalidInput('kind', `There is no kind of file ${JSON.stringify(kind)}.`, `Use ${fileKinds.join(', ')}.`);
  const segments = path.split('/');
  const isSafe = segments.every((part) => SEGMENT.test(part) && part !== '.' && part !== '..' && !/[. ]$/.test(part));
  if (!isSafe || path.length > 512) {
    throw invalidInput(
      'path',
      `${JSON.stringify(path.slice(0, 80))} is no path of a file.`,
      'Use names separated by "/".',
    );
  }
  if (known === 'requirements' && path !== 'requirements.txt') {
    throw invalidInput(
      'path',
      'The file of requirements is named requirements.txt.',
      'PUT …/files/requirements/requirements.txt',
    );
  }
  if (known === 'scripts' && (segments.length > 1 || !/\.py$/i.test(path))) {
    throw invalidInput('path', 'A script is a .py file, in no folder.', 'Other files belong to kind additional.');
  }
  return known;
}
