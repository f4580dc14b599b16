import { newId } from '../../ids';
import type { JobDocument } from '../job';
import type { RunDocument } from './run-document';

type Given = Pick<
  RunDocument,
  'number' | 'fields' | 'options' | 'trigger' | 'user' | 'node' | 'attempt' | 'notBefore' | 'dueAt' | 'createdAt'
>;

/** A run that waits for its turn. */
export function newRun({
  job,
  ...given
}: Given & { readonly job: Pick<JobDocument, 'id' | 'name' | 'files'> }): RunDocument {
  return {
    _id: newId(),
    jobId: job.id,
    job: job.name,
    files: job.files,
    state: 'queued',
    edge: given.fields.trainingEdge,
    startedAt: null,
    finishedAt: null,
    deadlineAt: null,
    phases: [{ name: 'queued', startedAt: given.createdAt, finishedAt: null }],
    stop: null,
    base: null,
    queries: [],
    environment: null,
    logOffset: 0,
    exitCode: null,
    oomKilled: false,
    reason: null,
    error: null,
    metrics: null,
    version: null,
    promotion: null,
    settled: false,
    cleaned: false,
    ...given,
  };
}
