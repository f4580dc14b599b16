import type { EdgeRun } from '../../lib/edges/agent/runs/edge-run-document';
import type { DesiredRun } from '../../lib/edges/protocol/run-documents';
import { Digest } from '../../lib/ids';
import type { RunDocument } from '../../lib/training/run/run-document';
import { digestFor } from './edge-builders';
import { someRun } from './training-builders';

export const aDigest = (content: string): Digest => Digest.parse(digestFor(content));

/** A run as it is wanted of an edge. @param counter - of its fence */
export function aDesiredRun(run: string, counter = 1, fields: Partial<DesiredRun> = {}): DesiredRun {
  const spec = { digest: aDigest(`spec of ${run}`), sizeBytes: 100 };
  return { run, job: 'job', fence: { epoch: 'epoch', counter }, spec, ...fields };
}

/** A run as it is carried out somewhere. */
export const aCarriedRun = (id: string, fields: Partial<RunDocument> = {}): RunDocument =>
  someRun({ _id: id, state: 'training', ...fields });

/** What an edge has on its disk of a run that is under way. */
export function anEdgeRun(id: string, counter = 1, fields: Partial<EdgeRun> = {}): EdgeRun {
  const { job, fence, spec } = aDesiredRun(id, counter);
  return { _id: id, job, fence, spec, given: null, run: aCarriedRun(id), end: null, outputs: [], ...fields };
}

/** The same when it is over and in order. */
export function anEndedEdgeRun(id: string, counter = 1, fields: Partial<RunDocument> = {}): EdgeRun {
  const run = aCarriedRun(id, { state: 'succeeded', settled: true, cleaned: true, ...fields });
  const outputs = [{ kind: 'outputs', digest: aDigest(`outputs of ${id}`), sizeBytes: 1 }];
  return anEdgeRun(id, counter, { run, outputs });
}
