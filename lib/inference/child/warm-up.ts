import { findRowMixing } from '../../registry/onnx/row-mixing';
import { isAllocationFailure } from '../processes/load-limits';
import type { Tensors } from '../tensor';
import { type BatchProof, mayBatch, proveBatching } from './batch-proof';
import type { RunProgress } from './model-server';
import { generatedFeeds, type RunnableModel } from './runnable-model';

/** A generated input larger than this is not worth its memory: the first real request warms the model then. */
const WARM_UP_ELEMENT_COUNT = 16 * 1024 * 1024;

/**
 * Runs the model once, so that the first real request finds it warm, and finds out whether requests may be run together.
 * @param paths - of the files it is made of
 * @returns undefined = not together
 * @throws {Error} the run needs more memory than there is: then none would do
 */
export async function warmUp(
  model: RunnableModel,
  paths: readonly string[],
  progress: RunProgress,
): Promise<BatchProof | undefined> {
  const { signature } = model;
  const sizes = signature.inputs.map(({ shape }) =>
    (shape ?? []).reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1),
  );
  if (sizes.reduce((sum, size) => sum + size, 0) > WARM_UP_ELEMENT_COUNT) return undefined;
  const fetches = signature.outputs.map(({ name }) => name);
  const run = async (feeds: Tensors): Promise<Tensors> => {
    progress.begin(0);
    try {
      return await model.run(feeds, fetches);
    } finally {
      progress.end();
    }
  };
  try {
    await run(generatedFeeds(signature));
  } catch (error) {
    // Zeros need not be legal input: only a crash, a hang or hunger says something about the model. The first two end us.
    if (isAllocationFailure(error instanceof Error ? error.message : String(error))) throw error;
  }
  if (!mayBatch(signature) || (await mayMeet(paths))) return undefined;
  return await proveBatching(signature, run);
}

/** Whether the graphs leave open that rows meet. */
async function mayMeet(paths: readonly string[]): Promise<boolean> {
  try {
    for (const path of paths) if ((await findRowMixing(path)) !== undefined) return true;
    return false;
  } catch {
    // The runtime has read it; what we cannot read we do not know.
    return true;
  }
}
