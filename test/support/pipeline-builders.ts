import { DesiredLibrary, DesiredPipeline } from '../../lib/edges/protocol/pipeline-documents';
import { digestFor } from './edge-builders';

/** A pipeline as it is wanted: a bundle of its own for each revision. */
export function aPipeline(id: string, revision: number, fields: Record<string, unknown> = {}): DesiredPipeline {
  return DesiredPipeline.parse({
    id,
    name: `Pipeline ${id}`,
    revision,
    digest: digestFor(`${id} ${revision}`),
    sizeBytes: 100,
    running: true,
    attempt: 0,
    models: [],
    libraries: [],
    ...fields,
  });
}

export const aLibrary = (name: string, revision: number): DesiredLibrary =>
  DesiredLibrary.parse({ name, digest: digestFor(`${name} ${revision}`), sizeBytes: 10 });
