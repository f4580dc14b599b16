import { invalidInput } from '../../errors';
import { DEPLOYED, type Digest, type VersionNumber } from '../../ids';
import { modelKey } from '../../names';
import type { ModelNeed } from '../../pipeline/bundle/bundle';
import type { Registry, Version } from '../../registry';
import type { DesiredModel, DesiredState } from '../protocol/documents';
import { MAX_DOCUMENT_BYTES } from '../protocol/envelope';
import type { Assignments } from './assignments';
import type { AssignmentDocument, EdgeDocument } from './hub-documents';
import type { PipelineDeploymentDocument } from './pipelines/deployment-documents';
import type { PipelineDeployments } from './pipelines/deployments';
import { filesOfVersion } from './version-files';
import type { AssignedModel } from './views';

/** What an edge shall run, as its desired state says it; lists that are empty are left out, but for the models. */
export type EdgeContent = Pick<DesiredState, 'models' | 'keep' | 'libraries' | 'pipelines'>;

/** A file that travels. */
export type OfferedFile =
  | { readonly kind: string; readonly model: string; readonly version: VersionNumber }
  /** A pipeline, or a library of one. */
  | { readonly kind: 'pipeline' };

/** Of a desired state, beside its content. */
const ENVELOPE_BYTES = 4_096;

/** Says what each edge shall run: what is assigned to it, and what its pipelines need. */
export class DesiredContent {
  /** By content, what edges may ask for; made anew when something may have changed. */
  #offered: ReadonlyMap<Digest, OfferedFile> | undefined;
  readonly #files = new Map<string, DesiredModel['versions'][number]>();

  constructor(
    private readonly registry: Pick<Registry, 'findVersion'>,
    private readonly assignments: Assignments,
    private readonly deployments: PipelineDeployments,
  ) {}

  /** @param change - lists that would take the place of what the edge has */
  of(
    edge: string,
    change: {
      readonly assignments?: readonly AssignmentDocument[];
      readonly deployments?: readonly PipelineDeploymentDocument[];
    } = {},
  ): EdgeContent {
    const assignments = change.assignments ?? this.assignments.ofEdge(edge);
    const deployments = change.deployments ?? this.deployments.ofEdge(edge);
    const models = this.#modelsOf(assignments, deployments);
    const { libraries, pipelines } = this.deployments.desired(deployments);
    const keep = assignments.filter((assignment) => !this.resolve(assignment)).map(({ model }) => model);
    return {
      models,
      ...(keep.length > 0 && { keep }),
      ...(libraries.length > 0 && { libraries: [...libraries] }),
      ...(pipelines.length > 0 && { pipelines: [...pipelines] }),
    };
  }

  /** @throws {ModelManagementError} `INVALID_INPUT` when all that an edge shall run does not fit into one document */
  check(edge: string, change: Parameters<DesiredContent['of']>[1]): void {
    const sizeBytes = Buffer.byteLength(JSON.stringify(this.of(edge, change))) + ENVELOPE_BYTES;
    if (sizeBytes <= MAX_DOCUMENT_BYTES.desired) return;
    throw invalidInput(
      'edges',
      `edges: all models and pipelines of ${edge} make a document of ${sizeBytes} bytes, at most ${MAX_DOCUMENT_BYTES.desired} travel.`,
      'Let the edge run fewer of them.',
    );
  }

  /** Models that run on an edge for its pipelines only, with the version that `deployed` is there. */
  broughtAlong(edge: EdgeDocument): readonly AssignedModel[] {
    const needs = this.deployments.needsOf(this.deployments.ofEdge(edge.name));
    return this.#broughtBy(needs, this.assignments.ofEdge(edge.name)).map(({ deployed: { model, version } }) => ({
      model,
      ref: version,
      version,
    }));
  }

  /** The file of that content, if some edge shall have it now. */
  offered(digest: Digest): OfferedFile | undefined {
    this.#offered ??= this.#findOffered();
    return this.#offered.get(digest);
  }

  /** What an edge shall run may have changed. */
  changed(): void {
    this.#offered = undefined;
  }

  /** A version got other labels or features. */
  forgetFiles(model: string): void {
    for (const key of this.#files.keys()) if (key.startsWith(`${modelKey(model)}/`)) this.#files.delete(key);
  }

  /** What a reference names now; where its alias went, what it named last; undefined = that is gone as well. */
  resolve({ model, ref, version }: AssignedModel): Version | undefined {
    return this.registry.findVersion(model, ref) ?? this.registry.findVersion(model, version);
  }

  #modelsOf(
    assignments: readonly AssignmentDocument[],
    deployments: readonly PipelineDeploymentDocument[],
  ): DesiredModel[] {
    const needs = this.deployments.needsOf(deployments);
    const needed = Map.groupBy(needs, ({ model }) => modelKey(model));
    const assigned = assignments.flatMap((assignment) => {
      const version = this.resolve(assignment);
      const own = needed.get(modelKey(assignment.model)) ?? [];
      return version ? [this.#desiredModel(version, own, assignment.attempt)] : [];
    });
    // Who wants one of the pipelines anew wants what came along with it anew.
    const attempts = deployments.reduce((sum, { attempt }) => sum + attempt, 0);
    const brought = this.#broughtBy(needs, assignments).map((one) =>
      this.#desiredModel(one.deployed, one.needs, attempts),
    );
    return [...assigned, ...brought];
  }

  /** Models that are needed and not assigned, with what `deployed` is then. */
  #broughtBy(needs: readonly ModelNeed[], assignments: readonly AssignmentDocument[]) {
    const assigned = new Set(assignments.map(({ model }) => modelKey(model)));
    const others = needs.filter(({ model }) => !assigned.has(modelKey(model)));
    return [...Map.groupBy(others, ({ model }) => modelKey(model))].flatMap(([model, own]) => {
      const deployed = [DEPLOYED, ...own.map(({ ref }) => ref)].flatMap(
        (ref) => this.registry.findVersion(model, ref) ?? [],
      )[0];
      return deployed ? [{ deployed, needs: own }] : [];
    });
  }

  #desiredModel(deployed: Version, needs: readonly ModelNeed[], attempt: number): DesiredModel {
    const versions = new Map([[deployed.version, deployed]]);
    const aliases: Record<string, VersionNumber> = {};
    for (const { model, ref } of needs) {
      // What `deployed` is on an edge is what was assigned to it.
      const version = ref === DEPLOYED ? undefined : this.registry.findVersion(model, ref);
      if (!version) continue;
      versions.set(version.version, version);
      // The edge reads `latest` as the highest number that travelled.
      if (!/^\d+$/.test(ref) && ref !== 'latest') aliases[ref] = version.version;
    }
    return {
      name: deployed.model,
      deployed: deployed.version,
      aliases,
      versions: [...versions.values()].map((version) => this.#desiredVersion(version)),
      attempt,
    };
  }

  #desiredVersion(version: Version): DesiredModel['versions'][number] {
    const key = `${modelKey(version.model)}/${version.version}`;
    let made = this.#files.get(key);
    if (!made) {
      made = { version: version.version, files: [...filesOfVersion(version)] };
      this.#files.set(key, made);
    }
    return made;
  }

  #findOffered(): ReadonlyMap<Digest, OfferedFile> {
    const found = new Map<Digest, OfferedFile>();
    const offerVersion = (version: Version | undefined): void => {
      for (const { kind, digest } of version ? this.#desiredVersion(version).files : []) {
        if (version) found.set(digest, { kind, model: version.model, version: version.version });
      }
    };
    const seen = new Set<string>();
    for (const assignment of this.assignments.all()) {
      const key = `${assignment.model} ${assignment.ref} ${assignment.version}`;
      if (!seen.has(key)) offerVersion(this.resolve(assignment));
      seen.add(key);
    }
    const deployments = this.deployments.all();
    for (const { model, ref } of this.deployments.needsOf(deployments)) {
      offerVersion(this.registry.findVersion(model, ref));
      offerVersion(this.registry.findVersion(model, DEPLOYED));
    }
    for (const deployment of deployments) {
      const revision = this.deployments.revisionOf(deployment);
      for (const { digest } of revision ? [revision.bundle, ...revision.libraries] : []) {
        found.set(digest, { kind: 'pipeline' });
      }
    }
    return found;
  }
}
