import { LibraryName } from '../../ids';
import { isModelName } from '../../names';
import { modelNameFrom } from '../../registry/model-name';
import { distinctNames } from './distinct-names';

export const MAX_MODEL_NAME_LENGTH = 63;
const MAX_LIBRARY_NAME_LENGTH = 'pipelib_'.length + 56;

/** The names of the original's models and libraries, and what they are called here. */
export interface Names {
  model(original: string): string;
  /** The model that a job made of this one, of the same name in the original. */
  trained(original: string): string;
  library(original: string): string;
}

/** What an export names. */
export interface OriginalNames {
  readonly models: readonly string[];
  /** Those of `models` that jobs made models of their own of, under the same name. */
  readonly trained: readonly string[];
  readonly libraries: readonly string[];
}

/**
 * Names that can be used stay as they are. Others are made usable, and no two that differ in the original become one.
 * @param builtIn - libraries of ours, which a library of the same name cannot replace
 */
export function mapNames({ models, trained, libraries }: OriginalNames, builtIn: readonly string[]): Names {
  const modelRule = { separator: '-', maxLength: MAX_MODEL_NAME_LENGTH, fallback: 'model', taken: new Set<string>() };
  const modelNames = distinctNames(models, { ...modelRule, isUsable: isModelName, suggest: modelNameFrom });
  const model = (original: string): string => modelNames.get(original) ?? original;
  const trainedNames = distinctNames(trained, {
    ...modelRule,
    isUsable: () => false,
    suggest: model,
    suffix: '-trained',
  });
  const reserved = new Set(builtIn);
  const libraryNames = distinctNames(libraries, {
    isUsable: (name) => LibraryName.safeParse(name).success && !reserved.has(name),
    suggest: libraryNameFrom,
    separator: '_',
    maxLength: MAX_LIBRARY_NAME_LENGTH,
    fallback: 'pipelib_library',
    taken: new Set(builtIn.map((name) => name.toLowerCase())),
  });
  return {
    model,
    trained: (original) => trainedNames.get(original) ?? model(original),
    library: (original) => libraryNames.get(original) ?? original,
  };
}

function libraryNameFrom(text: string): string {
  const rest = text
    .replace(/^pipelib_/, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_]+/g, '_');
  return `pipelib_${rest}`.slice(0, MAX_LIBRARY_NAME_LENGTH);
}
