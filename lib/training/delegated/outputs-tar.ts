import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Limits } from '../job';
import { filesBelow, tarOf } from '../run/outputs-archive';
import { unpackOutputs } from '../runners/docker/archives';
import { OutputBudget } from '../runners/output-budget';

/** All outputs of a run as one file. */
export function packOutputs(path: string): Readable {
  return tarOf(async (archive) => {
    for (const name of await filesBelow(path)) {
      const source = join(path, ...name.split('/'));
      const { size } = await stat(source);
      await pipeline(createReadStream(source), archive.entry({ name, size }));
    }
  });
}

/** A tar has a header and a filling for each of its files, of which there are 10,000 at most. */
const TAR_BYTES = 10_000 * 2_048;

/** Larger cannot be what {@link packOutputs} made of outputs within their limit. */
export const maxTarBytes = ({ outputBytes }: Limits): number => outputBytes + TAR_BYTES;

/**
 * Takes outputs apart that came from another machine, into an empty folder.
 * @throws {ModelManagementError} `UNSAFE_OUTPUT`, `OUTPUT_TOO_LARGE`
 */
export async function unpackTar(tarPath: string, targetPath: string, { outputBytes }: Limits): Promise<void> {
  await unpackOutputs(createReadStream(tarPath), targetPath, new OutputBudget(outputBytes), () => true);
}
