import { VersionNumber } from '../../ids';
import type { Version } from '../../registry';
import type { TrainingDeps } from '../dependencies';
import type { RunDocument } from './run-document';

/**
 * The version a run goes on from: its weights and how far its data reached; null = none.
 * `lastRun` is what this job made last of its present base model, as long as it is there; else what is deployed.
 */
export function baseVersionOf(
  run: Pick<RunDocument, 'jobId' | 'fields'>,
  { registry, documents }: Pick<TrainingDeps, 'registry' | 'documents'>,
): Version | null {
  const { baseModel, baseVersion } = run.fields;
  if (baseVersion !== 'lastRun') return registry.findVersion(baseModel, baseVersion) ?? null;
  const made = documents.runs
    .all()
    .filter((other) => other.version !== null && isOfSameLine(other, run))
    .sort((a, b) => b.number - a.number);
  for (const { version } of made) {
    const found = version && registry.findVersion(version.model, VersionNumber.parse(version.version));
    if (found && found.digest === version.digest) return found;
  }
  return registry.findVersion(baseModel, 'deployed') ?? null;
}

/** Whether what the one makes is what the other goes on from: of the same job, as long as its base model is the same. */
export function isOfSameLine(
  a: Pick<RunDocument, 'jobId' | 'fields'>,
  b: Pick<RunDocument, 'jobId' | 'fields'>,
): boolean {
  return a.jobId === b.jobId && a.fields.baseModel.toLowerCase() === b.fields.baseModel.toLowerCase();
}
