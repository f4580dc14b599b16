import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Limits } from '../job';
import { addFiles, tarOf } from '../run/outputs-archive';
import { unpackOutputs } from '../runners/docker/archives';
import { OutputBudget } from '../runners/output-budget';

/** All outputs of a run as one file. */
export function packOutputs(path: string): Readable {
  return tarOf((archive) => addFiles(archive, path));
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
