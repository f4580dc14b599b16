import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Writes a wheel of one module to its output. */
const WHEEL = `import io, sys, zipfile
name, version = sys.argv[1:]
info = f'{name}-{version}.dist-info'
files = {
    f'{name}/__init__.py': f'__version__ = "{version}"\\n',
    f'{info}/METADATA': f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n',
    f'{info}/WHEEL': 'Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
files[f'{info}/RECORD'] = ''.join(f'{path},,\\n' for path in [*files, f'{info}/RECORD'])
data = io.BytesIO()
with zipfile.ZipFile(data, 'w') as wheel:
    for path, text in files.items():
        wheel.writestr(path, text)
sys.stdout.buffer.write(data.getvalue())
`;

/** An index of Python packages on loopback that has one package; needs `python3`. */
export class PackageIndex implements AsyncDisposable {
  /** Paths that were asked for. */
  readonly asked: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(name: string, version: string): Promise<PackageIndex> {
    const file = `${name}-${version}-py3-none-any.whl`;
    const wheel = execFileSync('python3', ['-c', WHEEL, name, version]);
    const server = createServer();
    const index = new PackageIndex(server);
    server.on('request', ({ url = '' }, response) => {
      index.asked.push(url);
      if (url === `/simple/${name}/`) {
        response.setHeader('content-type', 'text/html').end(`<!DOCTYPE html><a href="/files/${file}">${file}</a>`);
      } else if (url === `/files/${file}`) response.end(wheel);
      else response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return index;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/simple/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
