import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { freePort } from './free-port';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

const projectFolder = dirname(dirname(__dirname));
const packageName = '@edge-models/node-red-model-management';

export type FlowNode = { readonly id: string; readonly type: string; readonly [key: string]: unknown };

export interface NodeRedOptions {
  readonly flows?: readonly FlowNode[];
  /** Entries of settings.js as JavaScript source, without braces, e.g. `adminAuth: {…}, httpAdminRoot: '/admin'`. */
  readonly settings?: string;
  /** `modelManagement` in settings.js. */
  readonly modelManagement?: Readonly<Record<string, unknown>>;
  /** Default {@link nodeRedMajor}. */
  readonly major?: '4' | '5';
  /** Where the HTTP admin API is, default `/`. */
  readonly adminRoot?: string;
  /** Keeps using an earlier user directory (a restart). It is then not removed on stop. */
  readonly userDir?: string;
  /** Where the package comes from; default this project. `null` = already in the user directory. */
  readonly packageFolder?: string | null;
  readonly env?: Readonly<Record<string, string>>;
  /** What is started in the place of the `red.js` of {@link nodeRedMajor}. */
  readonly program?: string;
  /** Sent with every request that shows none. */
  readonly token?: string;
  /** A folder of `makeCertificates`, to be reached over TLS. Who asks has to trust its `ca.pem`. */
  readonly certificates?: string;
  /** Of node itself, e.g. `--inspect=127.0.0.1:0`. */
  readonly nodeArguments?: readonly string[];
}

/** The last of what Node-RED prints while it starts: its flows run, or why they do not. */
const STARTED =
  /Started flows|Waiting for missing types|Failed to load external modules|Flows stopped in safe mode|Flows stopped$|credentials could not be decrypted/m;

/** It listens; which of both comes first depends on how busy the machine is. */
const LISTENS = /Server now running at|Running in headless mode/;

/** Of a deploy. Flows may still start that were loaded before it. */
const DEPLOYED = /Updated flows.*Started (?:modified )?(?:flows|nodes)/s;

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

/** Which Node-RED the tests of this process run on: `MM_NODE_RED` = `4` (4.1) or `5` (default). */
export const nodeRedMajor: '4' | '5' = process.env['MM_NODE_RED'] === '4' ? '4' : '5';

export const nodeRedFolder = (major: '4' | '5'): string =>
  join(projectFolder, 'node_modules', major === '4' ? 'node-red-4' : 'node-red');

/**
 * A real Node-RED in a process of its own, on a free loopback port, with this package installed in its user
 * directory as a link. Uses the built files: run the build first.
 */
export class NodeRed implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private readonly lines: string[] = [];

  private constructor(
    readonly port: number,
    readonly userDir: string,
    private readonly options: NodeRedOptions,
    private readonly folder: TemporaryFolder | undefined,
  ) {}

  static async start(options: NodeRedOptions = {}): Promise<NodeRed> {
    const folder = options.userDir ? undefined : await temporaryFolder('mm-node-red-');
    const userDir = options.userDir ?? folder?.path ?? '';
    const nodeRed = new NodeRed(await freePort(), userDir, options, folder);
    await nodeRed.prepare();
    try {
      await nodeRed.run();
    } catch (error) {
      await nodeRed[Symbol.asyncDispose]();
      throw error;
    }
    return nodeRed;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('Node-RED is not running');
    return this.child.pid;
  }

  get url(): string {
    const scheme = this.options.certificates === undefined ? 'http' : 'https';
    return `${scheme}://127.0.0.1:${this.port}${this.adminRoot}`;
  }

  /** Everything Node-RED printed so far. */
  get log(): string {
    return this.lines.join('');
  }

  private get adminRoot(): string {
    return (this.options.adminRoot ?? '/').replace(/\/?$/, '/');
  }

  private async prepare(): Promise<void> {
    const { packageFolder = projectFolder } = this.options;
    if (packageFolder !== null && !this.options.userDir) {
      const target = join(this.userDir, 'node_modules', packageName);
      await mkdir(dirname(target), { recursive: true });
      await symlink(packageFolder, target, 'junction');
      const manifest = { name: 'test-user-dir', private: true, dependencies: { [packageName]: '*' } };
      await writeFile(join(this.userDir, 'package.json'), JSON.stringify(manifest));
    }
    if (!this.options.userDir || this.options.flows) {
      await writeFile(join(this.userDir, 'flows.json'), JSON.stringify(this.options.flows ?? []));
    }
    const { certificates } = this.options;
    const file = (name: string): string =>
      `require('node:fs').readFileSync(${JSON.stringify(join(certificates ?? '', name))})`;
    const https = certificates ? `https: { key: ${file('server-key.pem')}, cert: ${file('server-cert.pem')} },` : '';
    const settings = `module.exports = {
      uiHost: '127.0.0.1', uiPort: ${this.port}, flowFile: 'flows.json', credentialSecret: 'test',
      httpAdminRoot: ${JSON.stringify(this.adminRoot)},
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false, projects: { enabled: false } },
      externalModules: { palette: { allowInstall: false } },
      logging: { console: { level: 'info', metrics: false, audit: false } },
      modelManagement: ${JSON.stringify(this.options.modelManagement ?? {})},
      ${https}
      ${this.options.settings ?? ''}
    };`;
    await writeFile(join(this.userDir, 'settings.js'), settings);
  }

  private async run(): Promise<void> {
    const { major = nodeRedMajor, program = join(nodeRedFolder(major), 'red.js'), nodeArguments = [] } = this.options;
    const args = [...nodeArguments, program, '-u', this.userDir, '-s', join(this.userDir, 'settings.js')];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.userDir, ...this.options.env },
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => this.lines.push(part.toString()));
    await waitFor(
      () => {
        if (child.exitCode !== null || child.signalCode !== null) return 'exited';
        return STARTED.test(this.log) && LISTENS.test(this.log);
      },
      { what: 'Node-RED to start its flows and to listen' },
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.log}`);
    });
    if (child.exitCode !== null) throw new Error(`Node-RED ended with ${child.exitCode}:\n${this.log}`);
  }

  /** Calls the admin API; a body that is neither text nor bytes goes as JSON. Paths are relative to the admin root. */
  async request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: HeadersInit = {},
  ): Promise<Answer<T>> {
    const isLarge = body instanceof Uint8Array || body instanceof ReadableStream;
    const isRaw = body === undefined || typeof body === 'string' || isLarge;
    const response = await fetch(new URL(path, this.url), {
      method,
      ...(body === undefined ? {} : { body: isRaw ? (body as BodyInit) : JSON.stringify(body), duplex: 'half' }),
      headers: {
        // One that is kept may be closed by Node-RED in the very moment in which it is used again. A large body needs one
        // that stays: the answer may come before all of it is read.
        ...(isLarge ? {} : { connection: 'close' }),
        ...(this.options.token === undefined ? {} : { authorization: `Bearer ${this.options.token}` }),
        ...(body === undefined ? {} : { 'content-type': isRaw ? 'application/octet-stream' : 'application/json' }),
        ...Object.fromEntries(new Headers(headers)),
      },
    } as RequestInit);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T, text };
  }

  /** Calls `model-management/<path>` with the header that changing requests need. */
  api<T = unknown>(method: string, path: string, body?: unknown, headers: HeadersInit = {}): Promise<Answer<T>> {
    const all = { 'x-model-management': '1', ...Object.fromEntries(new Headers(headers)) };
    return this.request<T>(method, `model-management/${path}`, body, all);
  }

  /** Replaces all flows and waits until Node-RED has started them. */
  async deploy(flows: readonly FlowNode[], type: 'full' | 'flows' | 'nodes' = 'full'): Promise<void> {
    const before = this.log.length;
    const answer = await this.request('POST', 'flows', flows, { 'node-red-deployment-type': type });
    if (answer.status >= 300) throw new Error(`deploy answered ${answer.status}: ${answer.text}`);
    await waitFor(() => DEPLOYED.test(this.log.slice(before)), {
      what: 'the deployed flows to start',
    });
  }

  /** Ends the process with `signal` and waits until it is gone; `run` again with `restart`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(force);
  }

  /** Starts the process again on the same user directory and port. */
  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    this.lines.length = 0;
    await this.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.folder?.[Symbol.asyncDispose]();
  }
}
