import { ModelManagementError } from '../../errors';
import { DEPLOYED } from '../../ids';
import type { ModelSource } from '../../inference/served-version';
import { modelKey } from '../../names';
import type { DesiredModel } from '../protocol/documents';
import type { ModelKey } from './model-state';

interface Shelved {
  readonly target: DesiredModel;
  /** By number. */
  readonly sources: ReadonlyMap<number, ModelSource>;
}

/** The versions that serve on this edge, by what nodes call them. */
export class ModelShelf {
  readonly #models = new Map<ModelKey, Shelved>();

  /** @param sources - one for each version of the target */
  put(target: DesiredModel, sources: ReadonlyMap<number, ModelSource>): void {
    this.#models.set(modelKey(target.name), { target, sources });
  }

  remove(model: string): void {
    this.#models.delete(modelKey(model));
  }

  /** By name. */
  list(): readonly DesiredModel[] {
    return [...this.#models.values()].map(({ target }) => target).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * @param ref - a number in digits, `deployed` (what the hub assigned), `latest` (the highest number here), or an alias
   * that travelled
   */
  find(model: string, ref: string): ModelSource | undefined {
    const shelved = this.#models.get(modelKey(model));
    const number = shelved && numberOf(shelved, ref);
    return number === undefined ? undefined : shelved?.sources.get(number);
  }

  /** For a node, which may name nothing yet. @throws as {@link require} */
  get(model: string, ref: string): ModelSource | undefined {
    return model === '' ? undefined : this.require(model, ref);
  }

  /** Ascending; none of a model that is not here. */
  versionsOf(model: string): readonly number[] {
    return [...(this.#models.get(modelKey(model))?.sources.keys() ?? [])].sort((a, b) => a - b);
  }

  /** @throws {ModelManagementError} `VERSION_NOT_ON_EDGE` */
  require(model: string, ref: string): ModelSource {
    const found = this.find(model, ref);
    if (found) return found;
    const here = this.#models.get(modelKey(model));
    throw new ModelManagementError(
      'VERSION_NOT_ON_EDGE',
      here
        ? `The hub assigned version ${here.target.deployed} of ${model} to this edge, not ${ref}.`
        : `The hub assigned no version of ${model} to this edge.`,
      'Assign it on the hub (Models, Edges), or choose "deployed" in the node, which is what the hub assigns.',
    );
  }
}

function numberOf({ target, sources }: Shelved, ref: string): number | undefined {
  if (ref === DEPLOYED) return target.deployed;
  if (ref === 'latest') return Math.max(...sources.keys());
  if (/^\d+$/.test(ref)) return Number(ref);
  return Object.entries(target.aliases).find(([alias]) => alias === ref)?.[1];
}
