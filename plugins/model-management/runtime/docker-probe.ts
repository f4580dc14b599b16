import type Docker from 'dockerode';
import type { Clock } from '../../../lib/clock';
import { ModelManagementError } from '../../../lib/errors';

export type DockerState =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string };

const answerMs = 2_000;
const freshMs = 10_000;

function withTimeLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerMs} ms`)), answerMs);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** Asks the Docker engine for its version, at most every 10 s; an engine that is away is an answer, not an error. */
export class DockerProbe {
  private known: { readonly at: number; readonly state: Promise<DockerState> } | undefined;

  constructor(
    /** Loaded here: most installations never have Docker, and none needs it to start. */
    private readonly openDocker: () => Promise<Docker>,
    private readonly clock: Clock,
  ) {}

  state(): Promise<DockerState> {
    const now = this.clock.now();
    if (!this.known || now - this.known.at > freshMs) this.known = { at: now, state: this.ask() };
    return this.known.state;
  }

  private async ask(): Promise<DockerState> {
    try {
      const { Version } = await withTimeLimit(this.openDocker().then((docker) => docker.version()));
      return { available: true, version: Version };
    } catch (error) {
      if (ModelManagementError.is(error)) return { available: false, reason: error.message };
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const reasons: Record<string, string> = {
        ENOENT: 'No Docker engine runs here. Models run without it; training jobs need it.',
        EACCES: 'Node-RED may not use the Docker socket: add its user to the group docker.',
        ECONNREFUSED: 'The Docker engine refused the connection: is it running?',
      };
      return { available: false, reason: reasons[code] ?? `Docker did not answer${code ? ` (${code})` : ''}.` };
    }
  }
}
