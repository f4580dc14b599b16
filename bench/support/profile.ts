import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Where the code of a frame comes from: a package, or our own folder. */
function ownerOf(url: string): string {
  const parts = url.split('/node_modules/');
  const last = parts[parts.length - 1] ?? '';
  if (parts.length > 1)
    return last
      .split('/')
      .slice(0, last.startsWith('@') ? 2 : 1)
      .join('/');
  if (url.startsWith('node:')) return url;
  return url === '' ? '(engine)' : `${basename(dirname(url))}/${basename(url)}`;
}

/** Self time of a CPU profile by owner and by function, largest first, in percent of what is not idle. */
export function summaryOf(path: string, count = 30): string {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8')) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [byOwner, byFunction] = [new Map<string, number>(), new Map<string, number>()];
  let totalUs = 0;
  for (const [n, id] of samples.entries()) {
    const frame = frames.get(id);
    const us = timeDeltas[n] ?? 0;
    if (!frame || frame.functionName === '(idle)') continue;
    totalUs += us;
    const owner = ownerOf(frame.url);
    const name = `${frame.functionName || '(anonymous)'} ${owner}:${frame.lineNumber + 1}`;
    byOwner.set(owner, (byOwner.get(owner) ?? 0) + us);
    byFunction.set(name, (byFunction.get(name) ?? 0) + us);
  }
  const top = (map: ReadonlyMap<string, number>): string[] =>
    [...map]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, us]) => `  ${((100 * us) / totalUs).toFixed(1).padStart(5)} %  ${name}`);
  return [`${(totalUs / 1_000).toFixed(0)} ms not idle`, ...top(byOwner), 'by function', ...top(byFunction), ''].join(
    '\n',
  );
}

if (require.main === module) process.stdout.write(summaryOf(process.argv[2] ?? ''));
