import { cp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { type NodeRedOptions, nodeRedFolder, nodeRedMajor } from './node-red';
import { temporaryFolder } from './temporary-folder';

export type VendoredNodeRed = Required<Pick<NodeRedOptions, 'program' | 'env'>> & AsyncDisposable;

/**
 * Node-RED as products carry it: the runtime under a name of their own, so that a plugin cannot find the one that runs.
 * By its usual name there is another, which was never started.
 */
export async function vendoredNodeRed(): Promise<VendoredNodeRed> {
  const folder = await temporaryFolder('mm-vendored-');
  const source = nodeRedFolder(nodeRedMajor);
  const runtime = createRequire(join(source, 'red.js')).resolve('@node-red/runtime/package.json');
  await cp(dirname(runtime), join(folder.path, 'engine'), { recursive: true });
  for (const part of ['lib', 'red.js', 'package.json']) {
    await cp(join(source, part), join(folder.path, 'app', part), { recursive: true });
  }
  const entry = join(folder.path, 'app', 'lib', 'red.js');
  const text = await readFile(entry, 'utf8');
  const own = text.replace('require("@node-red/runtime")', 'require("../../engine")');
  if (own === text) throw new Error('lib/red.js asks for its runtime in another way now');
  await writeFile(entry, own);
  return {
    program: join(folder.path, 'app', 'red.js'),
    env: { NODE_PATH: [join(source, 'node_modules'), dirname(source)].join(delimiter) },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
