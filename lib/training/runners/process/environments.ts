import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFolder, errorCode, namesIn } from '../../../files';
import { KeyedQueue } from '../../../store/keyed-queue';
import type { Environment } from '../../run/run-document';
import { installError } from '../install-error';
import { LineSplitter } from '../line-splitter';
import { INSTALL_SCRIPT, packagesOf } from '../run-script';
import type { LineLog } from '../runner';
import { signalGroup } from './process-tree';

export interface ProcessEnvironmentsOptions {
  readonly environmentsPath: string;
  readonly env: Readonly<Record<string, string>>;
  readonly caFile?: string | undefined;
  readonly pipIndexUrl?: string | undefined;
}

/** Installed packages, each set in a virtual environment of its own; a file written at the end says that it is whole. */
export class ProcessEnvironments {
  readonly #perKey = new KeyedQueue();

  constructor(private readonly options: ProcessEnvironmentsOptions) {}

  pythonOf(key: string): string {
    return join(this.options.environmentsPath, key, 'venv', 'bin', 'python3');
  }

  /** @throws {ModelManagementError} `INSTALL_FAILED` */
  async ensure(requirements: string, python: string, log: LineLog, signal: AbortSignal): Promise<Environment> {
    if (requirements === '') return { key: null, imageId: python, packages: [], cached: true };
    const facts = ['process', 1, requirements, python, process.platform, process.arch, this.options.pipIndexUrl ?? ''];
    const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
    const ensureInTurn = async (): Promise<Environment> => {
      const folder = join(this.options.environmentsPath, key);
      const known = await packagesIn(folder);
      const packages = known ?? (await this.#build(folder, requirements, log, signal));
      await writeFile(join(folder, 'used'), '');
      return { key, imageId: python, packages, cached: known !== undefined };
    };
    return this.#perKey.run(key, ensureInTurn, signal);
  }

  async collectGarbage(unusedMs: number): Promise<void> {
    const { environmentsPath } = this.options;
    for (const key of await namesIn(environmentsPath)) {
      await this.#perKey.run(key, async () => {
        const used = await stat(join(environmentsPath, key, 'used')).catch(() => undefined);
        if (Date.now() - (used?.mtimeMs ?? 0) < unusedMs) return;
        await rm(join(environmentsPath, key), { recursive: true, force: true, maxRetries: 3 });
      });
    }
  }

  async #build(folder: string, requirements: string, log: LineLog, signal: AbortSignal): Promise<readonly string[]> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    await ensureFolder(folder);
    await writeFile(join(folder, 'requirements.txt'), `${requirements}\n`);
    const { env, caFile, pipIndexUrl } = this.options;
    const child = spawn('/bin/sh', ['-c', INSTALL_SCRIPT, 'sh', 'requirements.txt'], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...baseEnvironment(folder),
        ...env,
        ...(caFile ? { PIP_CERT: caFile, SSL_CERT_FILE: caFile, REQUESTS_CA_BUNDLE: caFile } : {}),
        ...(pipIndexUrl ? { PIP_INDEX_URL: pipIndexUrl } : {}),
      },
    });
    const giveUp = (): void => void (child.pid && signalGroup(child.pid, 'SIGKILL'));
    signal.addEventListener('abort', giveUp, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter((line) => log.line(line));
      stream.on('data', (chunk: Buffer) => splitter.push(chunk));
      stream.on('end', () => splitter.flush());
    }
    const exitCode = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(127));
      child.once('close', (code) => resolve(code));
    });
    signal.removeEventListener('abort', giveUp);
    signal.throwIfAborted();
    const packages = await packagesIn(folder);
    if (packages) return packages;
    throw installError(exitCode, false, log.lastLines);
  }
}

/** Never Node-RED's own environment, which holds its secrets. */
export function baseEnvironment(home: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', TMPDIR: home };
}

async function packagesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    return packagesOf(await readFile(join(folder, '.complete'), 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
