import { toIso } from '../clock';
import type { VersionNumber } from '../ids';
import { deployments, type ModelLife, type VersionState } from './model-history';
import type { Model, ModelEdge, Usage, Version, VersionSummary } from './types';
import { rollbackTarget } from './undo-stack';

/** Highest number among the versions that exist. */
export function latestVersion(life: ModelLife): VersionNumber | undefined {
  let latest: VersionNumber | undefined;
  for (const version of life.versions.keys()) if (latest === undefined || version > latest) latest = version;
  return latest;
}

/** The versions that exist, newest first. */
export function statesOf(life: ModelLife): readonly VersionState[] {
  return [...life.versions.values()].sort((a, b) => b.document.version - a.document.version);
}

export function toModel(life: ModelLife, usedBy: readonly Usage[], edges: readonly ModelEdge[]): Model {
  return {
    name: life.name,
    description: life.description,
    tags: life.tags,
    createdAt: toIso(life.createdAt),
    updatedAt: toIso(life.updatedAt),
    aliases: Object.fromEntries([...life.aliases].sort(([a], [b]) => (a < b ? -1 : 1))),
    latestVersion: latestVersion(life) ?? null,
    versions: statesOf(life).map((state) => toSummary(life, state)),
    edges,
    usedBy,
    rollbackVersion: rollbackTarget(deployments(life)) ?? null,
  };
}

/** What of a model shows in its versions. */
type Owner = Pick<ModelLife, 'name' | 'aliases'>;

export function toSummary(life: Owner, state: VersionState): VersionSummary {
  const { document } = state;
  return {
    version: document.version,
    createdAt: toIso(document.at),
    createdBy: document.user,
    source: document.source,
    ...(document.runId === undefined ? {} : { runId: document.runId }),
    digest: document.digest,
    sizeBytes: document.sizeBytes,
    description: state.description,
    tags: state.tags,
    aliases: [...life.aliases].flatMap(([alias, target]) => (target === document.version ? [alias] : [])).sort(),
    metrics: state.metrics,
  };
}

export function toVersion(life: Owner, state: VersionState): Version {
  const { document, labels, features } = state;
  const { parentVersion, preprocessing, original, lineage } = document;
  return {
    ...toSummary(life, state),
    model: life.name,
    ...(parentVersion === undefined ? {} : { parentVersion }),
    ...(labels ? { labels } : {}),
    ...(features ? { features } : {}),
    signature: document.signature,
    opset: document.opset,
    irVersion: document.irVersion,
    producer: document.producer,
    ...(preprocessing ? { preprocessing } : {}),
    ...(original ? { original } : {}),
    additionalOutputs: document.additionalOutputs,
    ...(lineage ? { lineage } : {}),
  };
}
