import { ModelManagementError } from '../../errors';

const PATIENCE_MS = 5_000;

/**
 * What a runner does, given up when it goes on for long after the signal: whatever it waits for, a run that was
 * cancelled has to end, and so has Node-RED. What it comes to then is nobody's business any more.
 *
 * @param patienceMs - after the signal, default 5 s
 * @throws {ModelManagementError} `RUNNER_UNAVAILABLE` when it is given up
 */
export async function heardBy<T>(signal: AbortSignal, work: Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  let count = (): void => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    count = () => {
      timer = setTimeout(() => reject(deaf(patienceMs)), patienceMs);
    };
    if (signal.aborted) count();
    else signal.addEventListener('abort', count, { once: true });
  });
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', count);
  }
}

const deaf = (patienceMs: number): ModelManagementError =>
  new ModelManagementError(
    'RUNNER_UNAVAILABLE',
    `The runner was asked to end what it does, and was still at it after ${Math.round(patienceMs / 1_000)} s.`,
    'Check the Docker engine, or the disk of the data folder; what is left of the run is removed later.',
  );
