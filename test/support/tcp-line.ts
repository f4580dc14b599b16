import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = `
const { connect, createServer } = require('node:net');
const server = createServer((socket) => {
  const upstream = connect(Number(process.argv[1]), '127.0.0.1');
  for (const [one, two] of [[socket, upstream], [upstream, socket]]) {
    one.on('error', () => undefined);
    one.on('close', () => two.destroy());
    one.pipe(two);
  }
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
`;

/** A process that carries bytes to a port of this machine. */
export class TcpLine implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async to(target: number): Promise<TcpLine> {
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
    const child = spawn(process.execPath, ['-e', PROGRAM, String(target)], { stdio: [...stdio] });
    const [port] = (await once(child, 'message')) as [number];
    return new TcpLine(child, port);
  }

  /** Nothing comes through any more, and no connection breaks. @returns lets it go on */
  freeze(): () => void {
    this.child.kill('SIGSTOP');
    return () => this.child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
