import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { invalidInput } from '../../../lib/errors';
import type { Engine } from '../../../lib/inference/engine';
import type { StagedSource } from '../../../lib/inference/route-keeper';
import { chooseLabels, type RunnableFile, readModelFile, runnableFile } from '../../../lib/registry';
import type { BlobLease, BlobStore } from '../../../lib/store';

export interface ModelFileContext {
  readonly userDir: string;
  readonly blobs: BlobStore;
  readonly engine: Engine;
  readonly maxBytes: number;
}

/** A network folder may hang: the next look tries again. */
const stageLimitMs = 10 * 60_000;

/** The real place of `path` below the user directory; undefined when nothing is there. Links may not lead out of it. */
async function locate(path: string, userDir: string): Promise<string | undefined> {
  const root = await realpath(userDir);
  const inside = (place: string): boolean => {
    const way = relative(root, place);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  const wanted = join(root, path);
  const real = inside(wanted) ? await realpath(wanted).catch(() => undefined) : wanted;
  if (real === undefined) return undefined;
  if (inside(real)) {
    if ((await stat(real)).isFile()) return real;
    throw invalidInput('file', 'This is no file.', 'Give the path of an ONNX file below the Node-RED user directory.');
  }
  throw invalidInput(
    'file',
    'The model file lies outside the user directory.',
    'Put the file below the Node-RED user directory and give its path from there.',
  );
}

async function copy(place: string, { blobs, maxBytes }: ModelFileContext): Promise<RunnableFile> {
  const options = { maxBytes, signal: AbortSignal.timeout(stageLimitMs) };
  const source = createReadStream(place);
  let received: BlobLease | undefined;
  try {
    received = await blobs.put(source, options);
    const runnable = await runnableFile(received, (changed) => blobs.put(changed, options), options.signal);
    if (runnable.blob !== received) received.release();
    return runnable;
  } catch (error) {
    received?.release();
    throw error;
  } finally {
    // The store leaves a source open that it did not read to its end, and each retry would open one more.
    source.destroy();
  }
}

/**
 * Takes a copy of a model file that cannot change any more, and changes and inspects it as an upload is.
 * @returns undefined when there is no such file
 * @throws {ModelManagementError} `INVALID_INPUT` (no file, or outside the user directory), `INVALID_MODEL`, `MODEL_TOO_LARGE`
 */
export async function stageModelFile(path: string, context: ModelFileContext): Promise<StagedSource | undefined> {
  const place = await locate(path, context.userDir);
  if (place === undefined) return undefined;
  const { blob: lease, labels: ownLabels } = await copy(place, context);
  try {
    const { signature, features, ...file } = await readModelFile(lease.path);
    const labels = chooseLabels(ownLabels, file.labels);
    await context.engine.probe({ key: lease.digest, model: path, version: null, modelPath: lease.path });
    return {
      model: path,
      version: null,
      digest: lease.digest,
      modelPath: lease.path,
      signature,
      ...(labels ? { labels } : {}),
      ...(features ? { features } : {}),
      unstage: () => lease.release(),
    };
  } catch (error) {
    lease.release();
    throw error;
  }
}
