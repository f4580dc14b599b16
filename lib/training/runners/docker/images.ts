import type Docker from 'dockerode';
import { ModelManagementError } from '../../../errors';
import type { LineLog } from '../runner';
import { engineError, ifThere, statusOf } from './engine';

export interface ImageFacts {
  /** `sha256:…` of the image on the engine. */
  readonly id: string;
  /** `linux/amd64`. */
  readonly platform: string;
}

/** The image as the engine has it; fetched when it has it not. @throws {ModelManagementError} `IMAGE_UNAVAILABLE` */
export async function ensureImage(
  docker: Docker,
  image: string,
  log: LineLog,
  signal: AbortSignal,
): Promise<ImageFacts> {
  const known = await findImage(docker, image);
  if (known) return known;
  log.line(`$ docker pull ${image}`);
  try {
    await pull(docker, image, log, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (ModelManagementError.is(error)) throw error;
    if (statusOf(error) === undefined && !(error instanceof PullFailure)) throw engineError(error, `pulling ${image}`);
    throw unavailable(image, error);
  }
  const pulled = await findImage(docker, image);
  if (pulled) return pulled;
  throw unavailable(image, new Error('the engine does not have it after pulling'));
}

async function findImage(docker: Docker, image: string): Promise<ImageFacts | undefined> {
  try {
    const found = await ifThere(docker.getImage(image).inspect());
    return found && { id: found.Id, platform: `${found.Os}/${found.Architecture}` };
  } catch (error) {
    throw engineError(error, `looking for the image ${image}`);
  }
}

/** Told by the engine within the stream of progress. */
class PullFailure extends Error {}

interface PullProgress {
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/** Without a tag `docker pull` of the API takes every tag there is. */
const withTag = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);

async function pull(docker: Docker, image: string, log: LineLog, signal: AbortSignal): Promise<void> {
  const stream = await docker.pull(withTag(image), { abortSignal: signal });
  const told = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    // Its own error is null for a pull that failed; the failure is one of the things it tells.
    let failure: string | undefined;
    docker.modem.followProgress(
      stream,
      (error) => {
        if (error ?? failure) reject(new PullFailure(failure ?? error?.message));
        else resolve();
      },
      ({ status, id, error, errorDetail }: PullProgress) => {
        failure ??= errorDetail?.message ?? error;
        const line = `${id ? `${id}: ` : ''}${status ?? ''}`;
        if (!status || told.has(line) || /^(?:Downloading|Extracting|Waiting)/.test(status)) return;
        told.add(line);
        log.line(line);
      },
    );
  });
}

function unavailable(image: string, cause: unknown): ModelManagementError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).slice(0, 300);
  return new ModelManagementError(
    'IMAGE_UNAVAILABLE',
    `The image ${image} is not on the Docker engine and could not be pulled: ${reason}.`,
    `Load it by hand (docker pull ${image}; or docker save there and docker load here), or choose another image for the job.`,
    { cause, details: { image } },
  );
}
