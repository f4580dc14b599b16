import { ModelManagementError } from '../../../errors';
import { MAX_DOCUMENT_BYTES } from '../../protocol/envelope';
import type { CommandExecutors } from '../command-desk';
import type { PipelineAgent } from './pipeline-agent';
import type { PipelineEffects } from './pipeline-effects';

/** An answer is one event. */
const MAX_ANSWER_BYTES = MAX_DOCUMENT_BYTES.event - 8_192;

/** What a hub may ask of the pipelines of an edge. */
export function pipelineExecutors(
  agent: PipelineAgent | undefined,
): Pick<CommandExecutors, 'pipeline-restart' | 'pipeline-test' | 'pipeline-read'> {
  const effectsFor = (id: string): PipelineEffects => {
    if (agent) return agent.require(id);
    throw new ModelManagementError('EDGE_UNAVAILABLE', 'This edge takes no pipelines.', 'Update its package.');
  };
  return {
    'pipeline-restart': ({ pipeline }) => {
      const effects = effectsFor(pipeline);
      if (agent?.isRunning(pipeline)) return effects.restart(pipeline);
      throw new ModelManagementError('FLOWS_NOT_RUNNING', 'The pipeline is stopped on the edge.', 'Start it.');
    },
    'pipeline-test': async ({ pipeline, input }) => ({ runId: await effectsFor(pipeline).test(pipeline, input) }),
    'pipeline-read': async ({ pipeline, what, runId }) =>
      whatFits(effectsFor(pipeline).read(pipeline, what, runId), MAX_ANSWER_BYTES),
  };
}

/** As many rows of a list as travel, from its beginning. @throws {ModelManagementError} `PAYLOAD_TOO_LARGE` of a single value that does not */
export function whatFits(value: unknown, maxBytes: number): unknown {
  if (!Array.isArray(value)) {
    const sizeBytes = Buffer.byteLength(JSON.stringify(value) ?? '');
    if (sizeBytes <= maxBytes) return value;
    throw new ModelManagementError(
      'PAYLOAD_TOO_LARGE',
      `The answer is ${sizeBytes} bytes, at most ${maxBytes} travel.`,
      'Look at it on the edge itself.',
    );
  }
  let bytes = 2;
  const end = value.findIndex((row) => {
    bytes += Buffer.byteLength(JSON.stringify(row) ?? '') + 1;
    return bytes > maxBytes;
  });
  if (end !== 0) return end < 0 ? value : value.slice(0, end);
  throw new ModelManagementError(
    'PAYLOAD_TOO_LARGE',
    `The last of them alone is larger than the ${maxBytes} bytes that travel.`,
    'Look at it on the edge itself.',
  );
}
