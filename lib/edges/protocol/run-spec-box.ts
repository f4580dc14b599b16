import { readFile } from 'node:fs/promises';
import { ModelManagementError } from '../../errors';
import { RunSpec } from '../../training/delegated/run-spec';
import type { Fence } from './run-documents';
import { type BoxKey, type BoxKeyText, sealBox } from './sealed-box';

/** A spec names its files; more than these would be no job. */
const MAX_SPEC_BYTES = 16 * 1_048_576;

/** For whom and for what a spec is sealed. */
export interface SpecAddress {
  readonly hubId: string;
  readonly edge: string;
  readonly run: string;
  readonly fence: Fence;
}

export const boxContext = ({ hubId, edge, run, fence }: SpecAddress): string =>
  JSON.stringify(['run-spec', hubId, edge, run, fence.epoch, fence.counter]);

/** All that an edge needs of a run, readable by that edge alone: secrets of the job are in it. */
export function sealSpec(spec: RunSpec, recipient: BoxKeyText, address: SpecAddress): Buffer {
  return sealBox(Buffer.from(JSON.stringify(spec)), recipient, boxContext(address));
}

/** @throws {ModelManagementError} `RUNNER_UNAVAILABLE` when it was sealed for another key, or is of another release */
export async function openSpec(path: string, key: BoxKey, context: string): Promise<RunSpec> {
  const box = await readFile(path);
  const plain = box.length <= MAX_SPEC_BYTES ? key.open(box, context) : undefined;
  if (!plain) {
    throw new ModelManagementError(
      'RUNNER_UNAVAILABLE',
      'What the hub sent of the run is not sealed for the key that this edge has now.',
      'Start the job again: the hub then uses the key that the edge has told.',
    );
  }
  try {
    return RunSpec.parse(JSON.parse(plain.toString('utf8')));
  } catch (cause) {
    throw new ModelManagementError(
      'RUNNER_UNAVAILABLE',
      'The edge does not understand the run that the hub sent.',
      'Update the package on the edge and on the hub to the same release.',
      { cause },
    );
  }
}
