import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { label } from '../../lib/training/runners/docker/labels';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

const root = join(__dirname, '..', '..');
const cache = join(root, '.cache', 'docker');
const PACKAGES = 'python3-minimal,python3-pip,python3-venv,ca-certificates';

/** What the tests call their image; there is no image registry to pull one from. */
export const TEST_IMAGE = 'mm-test-python:1';

const isRoot = process.getuid?.() === 0;
const daemon = ['/usr/sbin/dockerd', '/usr/bin/dockerd'].find((path) => existsSync(path));

/** A file system with Python in it, made once from the packages of the system. */
function imageFile(): string | null {
  const file = join(cache, `${createHash('sha256').update(PACKAGES).digest('hex').slice(0, 12)}.tar`);
  if (existsSync(file)) return file;
  if (!existsSync('/usr/bin/mmdebstrap')) return null;
  mkdirSync(cache, { recursive: true });
  process.stderr.write('Making an image with Python for the tests …\n');
  const release = /VERSION_CODENAME=(\w+)/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm';
  const made = spawnSync('mmdebstrap', ['--variant=apt', `--include=${PACKAGES}`, release, `${file}.new.tar`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (made.status !== 0) return null;
  renameSync(`${file}.new.tar`, file);
  return file;
}

/** Whether a real engine can be started here: `dockerd`, root, and the means to make an image. */
export const canRunDocker = isRoot && daemon !== undefined && existsSync('/usr/bin/mmdebstrap');

/** A real Docker engine of its own, on a socket in a folder of its own, with the test image. */
export class DockerEngine implements AsyncDisposable {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: TemporaryFolder,
    /** More arguments of the daemon. */
    private readonly more: readonly string[],
  ) {}

  get socketPath(): string {
    return join(this.folder.path, 'docker.sock');
  }

  get docker(): Docker {
    return new Docker({ socketPath: this.socketPath });
  }

  static async start(more: readonly string[] = []): Promise<DockerEngine> {
    const image = imageFile();
    if (!image) throw new Error('no image could be made');
    const engine = new DockerEngine(await temporaryFolder('mm-docker-'), more);
    await engine.resume();
    const [repo, tag] = TEST_IMAGE.split(':');
    const imported: unknown = engine.docker.importImage(image, { repo, tag } as never);
    await drained((await imported) as NodeJS.ReadableStream);
    return engine;
  }

  /** Starts the daemon on what is there. */
  async resume(): Promise<void> {
    const { path } = this.folder;
    const log: string[] = [];
    const child = spawn(
      daemon ?? 'dockerd',
      [
        ...['--data-root', join(path, 'data')],
        ...['--exec-root', join(path, 'exec')],
        ...['--pidfile', join(path, 'pid')],
        ...['--host', `unix://${this.socketPath}`],
        ...this.more,
      ],
      // It calls iptables, which is not in everybody's path.
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } },
    );
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => log.push(text.toString()));
    await waitFor(() => this.docker.ping(), {
      what: () => `the Docker engine; it said ${log.join('').slice(-2_000)}`,
    });
  }

  /** What is over is told before all of it has gone; a Node-RED that ends meanwhile leaves it to its next start. */
  async untilRemoved(...runIds: readonly string[]): Promise<void> {
    const filters = JSON.stringify({ label: [label.run] });
    let left: readonly string[] = [];
    await waitFor(
      async () => {
        const containers = await this.docker.listContainers({ all: true, filters });
        left = containers.map(({ Labels }) => Labels[label.run] ?? '').filter((runId) => runIds.includes(runId));
        return left.length === 0;
      },
      { what: () => `the containers of ${left.join(', ')} to go` },
    );
  }

  async pause(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** It takes connections, and answers nothing until it is thawed. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    await this.pause();
    spawnSync('sh', [
      '-c',
      `grep -F '${this.folder.path}/' /proc/mounts | cut -d' ' -f2 | sort -r | xargs -r umount -l`,
    ]);
    await this.folder[Symbol.asyncDispose]();
  }
}

async function drained(stream: NodeJS.ReadableStream): Promise<void> {
  for await (const _ of stream);
}
