import { z } from 'zod';
import { invalidInput } from '../../errors';
import type { ModelName, VersionNumber } from '../../ids';
import { DEPLOYED } from '../../ids';
import { modelKey } from '../../names';
import { parseInput } from '../../parse-input';
import type { Usage, VersionRef } from '../../registry';
import { KeyedQueue } from '../../store/keyed-queue';
import { edgeKey, LOCAL_EDGE } from '../protocol/names';
import { allEnded } from './all-ended';
import type { EdgeHubDeps } from './hub-dependencies';
import type { AssignmentDocument, EdgeDocument } from './hub-documents';
import type { AssignmentWrite } from './rollout/plan-rollout';

const ModelEdges = z.strictObject({
  edges: z
    .array(z.strictObject({ name: z.string(), version: z.union([z.int().positive(), z.string()]).default(DEPLOYED) }))
    .max(100_000),
});

const idOf = (model: string, edge: string): string => `${modelKey(model)}/${edgeKey(edge)}`;

type Deps = Pick<EdgeHubDeps, 'registry'> & { readonly assignments: EdgeHubDeps['stores']['assignments'] };

/** Which models run on which edges, and which version of them. */
export class Assignments {
  readonly #byEdge = new Map<string, Set<string>>();
  readonly #byModel = new Map<string, Set<string>>();
  readonly #listeners = new Set<(model: ModelName) => void>();
  readonly #turns = new KeyedQueue();

  constructor(
    private readonly deps: Deps,
    private readonly getEdge: (name: string) => EdgeDocument,
    /** Throws when they are too many for one edge. */
    private readonly check: (edge: string, documents: readonly AssignmentDocument[]) => void,
  ) {
    for (const document of deps.assignments.all()) this.#index(document);
  }

  /** Told a model of which other edges run it, or another version of it. @returns ends it */
  onChange(listener: (model: ModelName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  all(): readonly AssignmentDocument[] {
    return this.deps.assignments.all();
  }

  ofEdge(edge: string): readonly AssignmentDocument[] {
    return this.#documents(this.#byEdge.get(edgeKey(edge)));
  }

  ofModel(model: string): readonly AssignmentDocument[] {
    return this.#documents(this.#byModel.get(modelKey(model)));
  }

  /** What would stop if the model went away. Where an alias went, what it named last runs on and is in use. */
  usage(model: string): readonly Usage[] {
    return this.ofModel(model).map(({ edge, ref, version }) => {
      const used = this.deps.registry.findVersion(model, ref) ? ref : version;
      return { kind: 'edge', id: edge, name: edge, ref: String(used) };
    });
  }

  /**
   * The whole list of edges of a model.
   * @param input - `{edges: [{name, version?}]}`
   * @param hasFailed - true for an edge on which the model failed: it is tried again there
   * @returns keys of the edges that are concerned
   * @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_NOT_FOUND`, `EDGE_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND`;
   * nothing is changed then. `STORAGE_FULL`, `STORAGE_FAILED`: some of the edges may have changed
   */
  assign(modelName: string, input: unknown, hasFailed: (edge: string) => boolean): Promise<ReadonlySet<string>> {
    return this.#inTurn(async () => {
      const { edges } = parseInput(ModelEdges, input);
      const { name: model } = this.deps.registry.getModel(modelName);
      const wanted = new Map(
        edges.map(({ name, version }) => {
          const document = this.#documentOf(model, name, version, hasFailed);
          return [document._id, document];
        }),
      );
      if (wanted.size < edges.length)
        throw invalidInput('edges', 'edges: an edge is named twice.', 'Name each edge once.');
      for (const document of wanted.values()) this.#checkRoom(document);
      const before = this.ofModel(model);
      await allEnded([...wanted.values()].map((document) => this.#put(document)));
      await allEnded(before.filter(({ _id }) => !wanted.has(_id)).map((document) => this.#delete(document)));
      return new Set([...before, ...wanted.values()].map(({ edge }) => edgeKey(edge)));
    });
  }

  /**
   * Changes single edges of a model, each only where it still has what it is thought to have.
   * @param isNewAttempt - what failed on an edge before is tried again there
   * @returns keys of the edges that cannot take it, with the reason
   */
  exchange(
    model: ModelName,
    writes: readonly AssignmentWrite[],
    isNewAttempt: boolean,
  ): Promise<ReadonlyMap<string, unknown>> {
    return this.#inTurn(async () => {
      const refused = new Map<string, unknown>();
      const changes: Promise<void>[] = [];
      for (const { edge, from, to } of writes) {
        const known = this.deps.assignments.get(idOf(model, edge));
        if ((known?.ref ?? null) !== from) continue;
        try {
          if (to) changes.push(this.#put(this.#fittingDocument(model, edge, to, isNewAttempt)));
          else if (known) changes.push(this.#delete(known));
        } catch (error) {
          refused.set(edgeKey(edge), error);
        }
      }
      await allEnded(changes);
      return refused;
    });
  }

  /** @throws {ModelManagementError} `INVALID_INPUT` when the edge is `local`, or cannot take one more model; `EDGE_NOT_FOUND` */
  checkRoom(model: ModelName, edge: string, version: VersionNumber): void {
    this.#fittingDocument(model, edge, { ref: version, version }, false);
  }

  /** @returns keys of the edges that ran it */
  removeModel(model: string): Promise<ReadonlySet<string>> {
    return this.#remove(() => this.ofModel(model));
  }

  removeEdge(edge: string): Promise<ReadonlySet<string>> {
    return this.#remove(() => this.ofEdge(edge));
  }

  /** For what its reference names now. */
  async noteVersion(document: AssignmentDocument, version: AssignmentDocument['version']): Promise<void> {
    await this.#inTurn(async () => {
      const current = this.deps.assignments.get(document._id);
      if (current?.ref === document.ref && current.version !== version) await this.#put({ ...current, version });
    });
  }

  /** Of an alias that is gone: what it named last. */
  #fittingDocument(
    model: ModelName,
    edge: string,
    { ref, version }: NonNullable<AssignmentWrite['to']>,
    isNewAttempt: boolean,
  ): AssignmentDocument {
    const isNamed = this.deps.registry.findVersion(model, ref) !== undefined;
    const document = this.#documentOf(model, edge, isNamed ? ref : version, () => isNewAttempt);
    const fitting = { ...document, ref };
    this.#checkRoom(fitting);
    return fitting;
  }

  #checkRoom(document: AssignmentDocument): void {
    const others = this.ofEdge(document.edge).filter(({ _id }) => _id !== document._id);
    this.check(document.edge, [...others, document]);
  }

  #documentOf(
    model: ModelName,
    name: string,
    ref: VersionRef,
    hasFailed: (edge: string) => boolean,
  ): AssignmentDocument {
    if (edgeKey(name) === LOCAL_EDGE) {
      throw invalidInput('edges', 'edges: local has every model already.', 'Leave it out.');
    }
    const edge = this.getEdge(name).name;
    const { version } = this.deps.registry.getVersion(model, ref);
    const _id = idOf(model, edge);
    const known = this.deps.assignments.get(_id);
    const attempt = known ? known.attempt + (hasFailed(edge) ? 1 : 0) : 0;
    return { _id, model, edge, ref, attempt, version };
  }

  #remove(documents: () => readonly AssignmentDocument[]): Promise<ReadonlySet<string>> {
    return this.#inTurn(async () => {
      const removed = documents();
      await allEnded(removed.map((document) => this.#delete(document)));
      return new Set(removed.map(({ edge }) => edgeKey(edge)));
    });
  }

  async #put(document: AssignmentDocument): Promise<void> {
    if (JSON.stringify(this.deps.assignments.get(document._id)) === JSON.stringify(document)) return;
    await this.deps.assignments.put(document);
    this.#index(document);
    this.#tell(document);
  }

  async #delete(document: AssignmentDocument): Promise<void> {
    await this.deps.assignments.delete(document._id);
    this.#byEdge.get(edgeKey(document.edge))?.delete(document._id);
    this.#byModel.get(modelKey(document.model))?.delete(document._id);
    this.#tell(document);
  }

  #tell({ model }: AssignmentDocument): void {
    for (const listener of this.#listeners) listener(model);
  }

  #index({ _id, edge, model }: AssignmentDocument): void {
    for (const [map, key] of [
      [this.#byEdge, edgeKey(edge)],
      [this.#byModel, modelKey(model)],
    ] as const) {
      const ids = map.get(key);
      if (ids) ids.add(_id);
      else map.set(key, new Set([_id]));
    }
  }

  #documents(ids: ReadonlySet<string> | undefined): readonly AssignmentDocument[] {
    return [...(ids ?? [])].sort().flatMap((id) => this.deps.assignments.get(id) ?? []);
  }

  #inTurn<R>(change: () => Promise<R>): Promise<R> {
    return this.#turns.run('', change);
  }
}
