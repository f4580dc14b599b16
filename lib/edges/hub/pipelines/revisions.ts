import { Readable } from 'node:stream';
import type { Clock } from '../../../clock';
import { ModelManagementError } from '../../../errors';
import type { Digest, LibraryName } from '../../../ids';
import { parseInput } from '../../../parse-input';
import { librariesOf, modelNeedsOf, PipelineBundle } from '../../../pipeline/bundle/bundle';
import type { Registry, User } from '../../../registry';
import type { BlobLease, BlobStore, DocumentStore } from '../../../store';
import type { PipelineRevisionDocument } from './deployment-documents';

/** Larger flow files are not what people draw. */
const MAX_BUNDLE_BYTES = 8 * 1024 * 1024;
/** Of each pipeline, beside those that edges have. */
const KEPT_REVISIONS = 20;

/** A library as its pipelines take it along. */
export interface LibrarySource {
  readonly revision: number;
  readonly source: string;
  readonly description: string;
}

export interface RevisionsDeps {
  readonly revisions: DocumentStore<PipelineRevisionDocument>;
  readonly blobs: Pick<BlobStore, 'put'>;
  readonly registry: Pick<Registry, 'getVersion'>;
  /** @throws {ModelManagementError} `LIBRARY_NOT_FOUND` */
  readonly library: (name: string) => LibrarySource & { readonly name: LibraryName; readonly builtIn: boolean };
  readonly clock: Clock;
}

/** What pipelines were when they were deployed to edges: enough to go back to each. Their files lie beside the models. */
export class PipelineRevisions {
  constructor(private readonly deps: RevisionsDeps) {}

  /** Newest first. */
  of(pipeline: string): readonly PipelineRevisionDocument[] {
    return this.deps.revisions
      .all()
      .filter((one) => one.pipeline === pipeline)
      .sort((a, b) => b.revision - a.revision);
  }

  find(pipeline: string, revision: number): PipelineRevisionDocument | undefined {
    return this.deps.revisions.get(idOf(pipeline, revision));
  }

  /** @throws {ModelManagementError} `REVISION_NOT_FOUND` */
  get(pipeline: string, revision: number): PipelineRevisionDocument {
    const found = this.find(pipeline, revision);
    if (found) return found;
    throw new ModelManagementError(
      'REVISION_NOT_FOUND',
      `There is no revision ${revision} of this pipeline.`,
      `The last ${KEPT_REVISIONS} that were deployed to edges are kept; see the list of them.`,
    );
  }

  /**
   * The pipeline as it is now; the last revision again where it says the same.
   * @throws {ModelManagementError} `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND`, `LIBRARY_NOT_FOUND` of
   * what its nodes name; `PAYLOAD_TOO_LARGE`
   */
  async take(bundle: PipelineBundle, user: User): Promise<PipelineRevisionDocument> {
    const { registry, library, revisions, clock } = this.deps;
    parseInput(PipelineBundle, bundle, 'pipeline');
    const models = modelNeedsOf(bundle).map(({ model, ref }) => ({
      model: registry.getVersion(model, ref).model,
      ref,
    }));
    // Those of the package are on each edge.
    const sources = librariesOf(bundle)
      .map((name) => library(name))
      .filter(({ builtIn }) => !builtIn);
    const leases: BlobLease[] = [];
    try {
      const stored = await this.#put(bundle);
      leases.push(stored);
      const libraries: PipelineRevisionDocument['libraries'][number][] = [];
      for (const { name, revision, source, description } of sources) {
        const lease = await this.#put({ v: 1, name, revision, source, description });
        leases.push(lease);
        libraries.push({ name, revision, digest: lease.digest, sizeBytes: lease.sizeBytes });
      }
      const [last] = this.of(bundle.id);
      const content = { bundle: { digest: stored.digest, sizeBytes: stored.sizeBytes }, models, libraries };
      if (last && JSON.stringify(content) === JSON.stringify(contentOf(last))) return last;
      const revision = (last?.revision ?? 0) + 1;
      const { id: pipeline, name } = bundle;
      const taken = { _id: idOf(pipeline, revision), pipeline, revision, name, at: clock.now(), user, ...content };
      await revisions.put(taken as PipelineRevisionDocument);
      return taken as PipelineRevisionDocument;
    } finally {
      for (const lease of leases) lease.release();
    }
  }

  /** Ids of the pipelines that have any. */
  pipelines(): readonly string[] {
    return [...new Set(this.deps.revisions.all().map(({ pipeline }) => pipeline))];
  }

  /** All of a pipeline; their files are garbage then. */
  async forget(pipeline: string): Promise<void> {
    for (const { _id } of this.of(pipeline)) await this.deps.revisions.delete(_id);
  }

  /** @param isUsed - edges have it, or go back to it */
  async prune(pipeline: string, isUsed: (revision: number) => boolean): Promise<void> {
    for (const { _id, revision } of this.of(pipeline).slice(KEPT_REVISIONS)) {
      if (!isUsed(revision)) await this.deps.revisions.delete(_id);
    }
  }

  async #put(content: object): Promise<BlobLease> {
    const bytes = Buffer.from(JSON.stringify(content));
    if (bytes.length > MAX_BUNDLE_BYTES) {
      throw new ModelManagementError(
        'PAYLOAD_TOO_LARGE',
        `The pipeline is ${bytes.length} bytes, at most ${MAX_BUNDLE_BYTES} travel to edges.`,
        'Split it, or keep large texts out of its nodes.',
      );
    }
    return this.deps.blobs.put(Readable.from([bytes]), {
      maxBytes: MAX_BUNDLE_BYTES,
      signal: new AbortController().signal,
    });
  }
}

/** True when a pipeline that was deployed to edges needs the file. */
export function namesFile(revisions: RevisionsDeps['revisions'], digest: Digest): boolean {
  return revisions
    .all()
    .some(({ bundle, libraries }) => bundle.digest === digest || libraries.some((one) => one.digest === digest));
}

const idOf = (pipeline: string, revision: number): string => `${pipeline}/${revision}`;
const contentOf = ({ bundle, models, libraries }: PipelineRevisionDocument) => ({ bundle, models, libraries });
