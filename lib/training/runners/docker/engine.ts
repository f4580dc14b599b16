import type Docker from 'dockerode';
import { ModelManagementError } from '../../../errors';

/** HTTP status of an answer of the engine; undefined = it did not answer. */
export function statusOf(error: unknown): number | undefined {
  const status: unknown =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

export const isMissing = (error: unknown): boolean => statusOf(error) === 404;

const NO_GPU = /could not select device driver/;

/** What the engine says of itself; words of the engine are kept short, they can be long. */
export function engineError(error: unknown, doing: string): ModelManagementError {
  if (ModelManagementError.is(error)) return error;
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  const status = statusOf(error);
  if (status === undefined) {
    return new ModelManagementError(
      'RUNNER_UNAVAILABLE',
      `The Docker engine did not answer while ${doing}: ${message}.`,
      'Check that the engine runs and that Node-RED may use it; see modelManagement.docker in settings.js.',
      { cause: error },
    );
  }
  return new ModelManagementError(
    'RUNNER_UNAVAILABLE',
    `The Docker engine refused ${doing} (${status}): ${message}.`,
    NO_GPU.test(message)
      ? 'Install the NVIDIA Container Toolkit on the machine of the engine, or take the graphics processors from the job.'
      : 'See the log of the Docker engine.',
    { cause: error },
  );
}

/** Nothing instead of an error where the thing asked for is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Removes a container, running or not; one that is being removed is as good as gone. */
export async function removeContainer(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getContainer(name).remove({ force: true, v: false });
  } catch (error) {
    if (isMissing(error)) return;
    if (statusOf(error) !== 409) throw error;
    await ifThere(docker.getContainer(name).wait({ condition: 'removed' }));
  }
}

export async function removeVolume(docker: Docker, name: string): Promise<void> {
  await ifThere(docker.getVolume(name).remove());
}
