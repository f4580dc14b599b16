import { arch, cpus, platform, totalmem } from 'node:os';
import type { Capabilities } from '../../../../lib/edges/protocol/documents';
import type { Engine } from '../../../../lib/inference/engine';
import type { DockerProbe } from '../docker-probe';

export interface CapabilityOptions {
  readonly packageVersion: string;
  readonly nodeRedVersion: string;
  readonly engine: Engine;
  readonly docker: DockerProbe;
  /** Of the protocol of edges, beside models. */
  readonly features: readonly string[];
}

const ASK_MS = 60_000;

/** What this Node-RED can do, for whoever wants to run something on it; asked anew each minute. */
export class CapabilityProbe {
  #current: Capabilities;
  #timer: NodeJS.Timeout | undefined;
  #first: Promise<void> | undefined;

  constructor(private readonly options: CapabilityOptions) {
    this.#current = {
      version: options.packageVersion,
      nodeRed: options.nodeRedVersion,
      node: process.versions.node,
      os: platform(),
      arch: arch(),
      cpus: cpus().length,
      memoryBytes: totalmem(),
      engine: { kind: 'none', version: null },
      docker: { available: false },
      features: ['models', 'pipelines', ...options.features],
    };
  }

  get current(): Capabilities {
    return this.#current;
  }

  /** A part that does not answer counts as not there. Idempotent. @param onChange - told when something is different */
  start(onChange: () => void = () => undefined): void {
    this.#first ??= this.#ask(onChange);
    this.#timer ??= setInterval(() => void this.#ask(onChange), ASK_MS).unref();
  }

  /** Asks if nobody has yet: a hub that nobody asks for its edges starts no process for it. */
  async known(): Promise<Capabilities> {
    this.start();
    await this.#first;
    return this.#current;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #ask(onChange: () => void): Promise<void> {
    const { engine, docker } = this.options;
    const [stats, state] = await Promise.all([engine.stats().catch(() => undefined), docker.state()]);
    const next: Capabilities = {
      ...this.#current,
      engine: { kind: stats?.kind ?? 'none', version: stats?.version ?? null },
      docker: { available: state.available, ...(state.available ? { version: state.version } : {}) },
    };
    const isNew = JSON.stringify(next) !== JSON.stringify(this.#current);
    this.#current = next;
    if (isNew) onChange();
  }
}
