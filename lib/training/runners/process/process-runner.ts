import { execFile, spawn } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ModelManagementError } from '../../../errors';
import { ensureFolder, errorCode, namesIn, readEnd } from '../../../files';
import type { Environment } from '../../run/run-document';
import { LineSplitter } from '../line-splitter';
import { OutputBudget } from '../output-budget';
import { commonVariables, failedScriptOf, RUN_SCRIPT } from '../run-script';
import type { LineLog, RunExit, Runner, RunTask } from '../runner';
import { baseEnvironment, ProcessEnvironments } from './environments';
import { probeNetworkIsolation } from './isolation';
import { isAlive, killCarriers, signalGroup, startTimeOf } from './process-tree';

export interface ProcessRunnerOptions {
  /** Folder of the runs; each has `process/` in its own. */
  readonly runsPath: string;
  /** Where environments lie. */
  readonly environmentsPath: string;
  /** Of settings.js: chosen explicitly, since scripts then run with the rights of Node-RED. */
  readonly isAllowed: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly caFile?: string | undefined;
  readonly pipIndexUrl?: string | undefined;
}

const run = promisify(execFile);

const POLL_MS = 100;
const GRACE_AFTER_KILL_MS = 5_000;
const MARK = 'run_id';
const LOG_END_BYTES = 8_192;

/**
 * Keeps the exit code where a later process of ours finds it; a TERM goes to what it started. The file has its place on
 * the disk beforehand, since the script may fill that.
 */
const KEEPER = `echo lost >exit.new
ulimit -c 0
ulimit -f "$1" || :
ulimit -v "$2" || :
shift 2
trap : TERM
"$@" &
child=$!
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
printf '%-4d\n' "$code" 1<>exit.new
mv exit.new exit
`;

/**
 * Runs scripts as processes of this machine, where there is no Docker. What they say goes to a file and not through a
 * pipe, so that they go on when Node-RED ends, and are found again.
 */
export class ProcessRunner implements Runner {
  readonly #environments: ProcessEnvironments;
  /** What stands before a command so that it has no network; empty = it cannot be taken away here. */
  #withoutNetwork: Promise<readonly string[]> | undefined;

  constructor(private readonly options: ProcessRunnerOptions) {
    this.#environments = new ProcessEnvironments(options);
  }

  async install(task: RunTask, log: LineLog, signal: AbortSignal): Promise<Environment> {
    if (!this.options.isAllowed) {
      throw unavailable(
        'Training in processes is not allowed: set modelManagement.training.allowProcessRunner in settings.js.',
      );
    }
    const python = await pythonVersion();
    log.line(`The scripts run as a process of this machine, ${await this.#isolation(task)}.`);
    return this.#environments.ensure(task.requirements?.trim() ?? '', python, log, signal);
  }

  async train(task: RunTask, environment: Environment, log: LineLog, signal: AbortSignal): Promise<RunExit> {
    const folder = this.#folder(task.runId);
    if (!existsSync(join(folder, 'started'))) await this.#launch(task, environment);
    log.restart();
    const exitCode = await this.#follow(folder, log, signal);
    const status = await readFile(join(folder, 'status'), 'utf8').catch(() => '');
    // A limit on address space makes an allocation fail, which Python says itself.
    const oomKilled = exitCode !== 0 && (await endsWith(join(folder, 'log'), /MemoryError|Cannot allocate memory/));
    return { exitCode, oomKilled, failedScript: failedScriptOf(status, exitCode) };
  }

  async stop(runId: string, graceMs: number): Promise<boolean> {
    const found = await processOf(this.#folder(runId));
    if (!found || !isAlive(found.pid, found.startTime)) {
      killCarriers(MARK, runId);
      return false;
    }
    signalGroup(found.pid, 'SIGTERM');
    for (const end = Date.now() + graceMs; Date.now() < end && isAlive(found.pid, found.startTime); )
      await pause(POLL_MS);
    await this.#kill(runId, found);
    return true;
  }

  async collect(task: RunTask, targetPath: string, signal: AbortSignal): Promise<void> {
    const budget = new OutputBudget(task.limits.outputBytes);
    for (const path of task.outputs) await this.#collect(task.workPath, path, targetPath, budget, signal);
  }

  async remove(runId: string): Promise<void> {
    const found = await processOf(this.#folder(runId));
    if (found) await this.#kill(runId, found);
    // One that was started, but not noted before a crash.
    else killCarriers(MARK, runId);
    await rm(this.#folder(runId), { recursive: true, force: true, maxRetries: 3 });
  }

  async leftovers(): Promise<readonly string[]> {
    const runs = await namesIn(this.options.runsPath);
    return runs.filter((runId) => existsSync(this.#folder(runId)));
  }

  collectGarbage(unusedMs: number): Promise<void> {
    return this.#environments.collectGarbage(unusedMs);
  }

  #folder(runId: string): string {
    return join(this.options.runsPath, runId, 'process');
  }

  /** In words: what a script is kept from. */
  async #isolation({ network }: RunTask): Promise<string> {
    const hasNetwork = (await this.#prefix(network)).length === 0;
    const why = hasNetwork && network === 'none' ? ' (which cannot be taken away here)' : '';
    return `in a process group with limits, ${hasNetwork ? 'with' : 'without'} a network${why}, with the same files as Node-RED`;
  }

  async #prefix(network: RunTask['network']): Promise<readonly string[]> {
    if (network !== 'none') return [];
    this.#withoutNetwork ??= probeNetworkIsolation();
    return this.#withoutNetwork;
  }

  async #kill(runId: string, { pid, startTime }: StartedProcess): Promise<void> {
    if (isAlive(pid, startTime)) signalGroup(pid, 'SIGKILL');
    killCarriers(MARK, runId);
    for (const end = Date.now() + GRACE_AFTER_KILL_MS; Date.now() < end && isAlive(pid, startTime); )
      await pause(POLL_MS);
  }

  async #launch(task: RunTask, environment: Environment): Promise<void> {
    const folder = this.#folder(task.runId);
    // One that was started, but not noted before a crash.
    killCarriers(MARK, task.runId);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    await ensureFolder(join(folder, 'temp'));
    await writeFile(join(folder, 'run.sh'), RUN_SCRIPT);
    const { limits, network } = task;
    const python = environment.key === null ? 'python3' : this.#environments.pythonOf(environment.key);
    const scripts = ['/bin/sh', join(folder, 'run.sh'), join(folder, 'status'), python, ...task.scripts];
    const command = [
      ...(await this.#prefix(network)),
      '/bin/sh',
      '-c',
      'cd "$1" && shift && exec "$@"',
      'sh',
      task.workPath,
      ...scripts,
    ];
    // In blocks of 512 bytes and kilobytes, as POSIX has it.
    const limitArguments = [Math.ceil(limits.outputBytes / 512), Math.ceil(limits.memoryBytes / 1_024)].map(String);
    const log = await open(join(folder, 'log'), 'w', 0o600);
    try {
      const child = spawn('/bin/sh', ['-c', KEEPER, 'sh', ...limitArguments, ...command], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: {
          ...baseEnvironment(join(folder, 'temp')),
          ...Object.fromEntries(commonVariables(limits.cpus, join(folder, 'temp'))),
          ...(network === 'none' ? {} : this.options.env),
          ...Object.fromEntries(task.variables),
          [MARK]: task.runId,
        },
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', () => resolve());
        child.once('error', reject);
      });
      child.unref();
      const pid = child.pid ?? 0;
      await noteStart(folder, { pid, startTime: startTimeOf(pid) }).catch((error: unknown) => {
        // Nobody would find it again.
        signalGroup(pid, 'SIGKILL');
        killCarriers(MARK, task.runId);
        throw error;
      });
    } finally {
      await log.close();
    }
  }

  async #follow(folder: string, log: LineLog, signal: AbortSignal): Promise<number> {
    const splitter = new LineSplitter((line) => log.line(line));
    const path = join(folder, 'log');
    let offset = 0;
    for (;;) {
      signal.throwIfAborted();
      // Asked for first: what is said before the end is then in the file.
      const exit = await readFile(join(folder, 'exit'), 'utf8').catch(() => undefined);
      const found = exit === undefined ? await processOf(folder) : undefined;
      const hasEnded = !found || !isAlive(found.pid, found.startTime);
      for await (const chunk of createReadStream(path, { start: offset })) {
        splitter.push(chunk as Buffer);
        offset += (chunk as Buffer).length;
      }
      if (hasEnded) {
        splitter.flush();
        const code = exit ?? (await readFile(join(folder, 'exit'), 'utf8').catch(() => undefined));
        if (code !== undefined) return Number.parseInt(code, 10);
        throw lostError();
      }
      await pause(POLL_MS, undefined, { signal });
    }
  }

  async #collect(
    workPath: string,
    path: string,
    targetPath: string,
    budget: OutputBudget,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const source = join(workPath, ...path.split('/'));
    const found = await lstat(source).catch(() => undefined);
    if (!found) return;
    const isFile = found.isFile() && found.nlink === 1;
    budget.admit(path, isFile ? 'file' : found.isDirectory() ? 'directory' : 'link or device', found.size);
    if (found.isDirectory()) {
      for (const name of (await readdir(source)).sort())
        await this.#collect(workPath, `${path}/${name}`, targetPath, budget, signal);
      return;
    }
    if (path === 'model.onnx' && found.mtimeMs === 0) return;
    const target = join(targetPath, ...path.split('/'));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, target);
  }
}

interface StartedProcess {
  readonly pid: number;
  readonly startTime: string;
}

async function noteStart(folder: string, { pid, startTime }: StartedProcess): Promise<void> {
  const path = join(folder, 'started');
  await writeFile(`${path}.new`, `${pid} ${startTime}\n`);
  await rename(`${path}.new`, path);
}

/** What was started in a folder, alive or not; undefined = nothing. */
async function processOf(folder: string): Promise<StartedProcess | undefined> {
  try {
    const [pid = '', startTime = ''] = (await readFile(join(folder, 'started'), 'utf8')).trim().split(' ');
    return { pid: Number(pid), startTime };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function pythonVersion(): Promise<string> {
  try {
    const { stdout } = await run('python3', ['--version'], { timeout: 10_000 });
    return stdout.trim();
  } catch (cause) {
    throw unavailable('There is no python3 on this machine.', cause);
  }
}

const unavailable = (reason: string, cause?: unknown): ModelManagementError =>
  new ModelManagementError('RUNNER_UNAVAILABLE', reason, 'Or let the job run in Docker.', { cause });

async function endsWith(path: string, words: RegExp): Promise<boolean> {
  const text = await readEnd(path, LOG_END_BYTES).catch(() => '');
  return words.test(text);
}

function lostError(): ModelManagementError {
  return new ModelManagementError(
    'RUN_LOST',
    'The process of the run is gone and left no exit code: the machine restarted, or something killed it.',
    'Run the job again.',
  );
}
