import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { EdgeEffects } from '../../lib/edges/agent/edge-effects';
import type { ServedRequests } from '../../lib/edges/agent/health';
import { filesOf } from '../../lib/edges/agent/model-state';
import type { Capabilities, DesiredFile, DesiredModel } from '../../lib/edges/protocol/documents';
import { Digest } from '../../lib/ids';
import { modelKey } from '../../lib/names';

/** A machine whose files outlive the process: artifacts are files of their size, what was activated is a line. */
export class DiskMachine implements EdgeEffects {
  readonly active = new Map<string, number>();

  /**
   * @param point - told before anything is done
   * @param bad - `name version` of what fails all of its requests
   */
  constructor(
    private readonly folder: string,
    private readonly point: () => void,
    private readonly bad: readonly string[] = [],
  ) {
    mkdirSync(join(folder, 'artifacts'), { recursive: true });
  }

  /** `name version`, over all starts. */
  static activations(folder: string): readonly string[] {
    const path = join(folder, 'activations');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  digests(): readonly Digest[] {
    return readdirSync(join(this.folder, 'artifacts'))
      .map((name) => Digest.parse(`sha256:${name}`))
      .sort();
  }

  capabilities(): Capabilities {
    const engine = { kind: 'native' as const, version: null };
    const machine = { os: process.platform, arch: process.arch, cpus: 1, memoryBytes: 0 };
    return { version: '0', nodeRed: '0', node: '0', ...machine, engine, docker: { available: false }, features: [] };
  }
  async artifacts(): Promise<ReadonlyMap<Digest, number>> {
    return new Map(this.digests().map((digest) => [digest, statSync(this.#pathOf(digest)).size]));
  }
  async freeBytes(): Promise<number> {
    return 1e9;
  }
  async fetchArtifact({ digest, sizeBytes }: DesiredFile): Promise<void> {
    this.point();
    this.put(digest, sizeBytes);
  }
  put(digest: Digest, sizeBytes: number): void {
    writeFileSync(this.#pathOf(digest), Buffer.alloc(sizeBytes));
  }
  async verifyArtifact(digest: Digest): Promise<boolean> {
    this.point();
    return existsSync(this.#pathOf(digest));
  }
  async removeArtifact(digest: Digest): Promise<void> {
    this.point();
    rmSync(this.#pathOf(digest), { force: true });
  }
  async testLoad(): Promise<void> {
    this.point();
  }
  async warm(target: DesiredModel): Promise<void> {
    this.point();
    this.#requireFiles(target);
  }
  async activate(target: DesiredModel): Promise<void> {
    this.point();
    this.#requireFiles(target);
    appendFileSync(join(this.folder, 'activations'), `${target.name} ${target.deployed}\n`);
    this.active.set(modelKey(target.name), target.deployed);
  }
  async deactivate(model: string): Promise<void> {
    this.point();
    this.active.delete(modelKey(model));
  }
  served(model: string): ServedRequests | undefined {
    const isBad = this.bad.includes(`${model} ${this.active.get(modelKey(model))}`);
    return isBad ? { requests: 20, errors: 20, isFailed: false } : undefined;
  }

  #requireFiles(target: DesiredModel): void {
    for (const { digest } of filesOf(target)) {
      if (existsSync(this.#pathOf(digest))) continue;
      process.stderr.write(`a file of ${target.name} ${target.deployed} is not there\n`);
      process.exit(3);
    }
  }

  #pathOf(digest: Digest): string {
    return join(this.folder, 'artifacts', digest.slice('sha256:'.length));
  }
}
