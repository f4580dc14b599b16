import { readFile, stat } from 'node:fs/promises';
import { asModelManagementError, ModelManagementError } from '../../../lib/errors';
import type { Log } from '../../../lib/log';
import type { EdgeSettings } from './settings';

const MAX_BYTES = 10_485_760;

/** The text of a file that a setting names. @throws {ModelManagementError} `BAD_SETTINGS` naming the setting */
export async function readSettingsFile(path: string, key: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_BYTES) throw new Error('it is larger than 10 MiB');
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unusable(key, `the file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/**
 * What the file holds without the end of its last line, which editors and `echo` put there.
 * @throws {ModelManagementError} `BAD_SETTINGS` naming the setting, never with what the file holds
 */
export async function readSecretFile(path: string, key: string): Promise<string> {
  const secret = (await readSettingsFile(path, key)).replace(/[\r\n]+$/, '');
  if (secret === '') throw unusable(key, 'the file is empty');
  return secret;
}

/**
 * A token is needed once: an edge that is enrolled runs on without its file. Where it is not, an empty one is refused as
 * unreadable, which is what the sidebar then shows.
 */
export async function givenToken({ tokenFile }: EdgeSettings, log: Log): Promise<{ readonly token?: string }> {
  if (tokenFile === undefined) return {};
  try {
    return { token: await readSecretFile(tokenFile, 'edge.tokenFile') };
  } catch (error) {
    log.error('file of the token not usable', { message: asModelManagementError(error).message });
    return { token: '' };
  }
}

const unusable = (key: string, message: string, cause?: unknown): ModelManagementError =>
  new ModelManagementError(
    'BAD_SETTINGS',
    `modelManagement.${key}: ${message}`,
    `Mend modelManagement.${key} in settings.js and restart Node-RED.`,
    { cause },
  );
