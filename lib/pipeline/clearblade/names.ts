import { LibraryName } from '../../ids';
import { isModelName } from '../../names';
import { modelNameFrom } from '../../registry/model-name';
import { distinctNames } from './distinct-names';

const MAX_MODEL_NAME_LENGTH = 63;
const MAX_LIBRARY_NAME_LENGTH = 'pipelib_'.length + 56;

/** The names of the original's models and libraries, and what they are called here. */
export interface Names {
  model(original: string): string;
  library(original: string): string;
}

/**
 * Names that can be used stay as they are. Others are made usable, and no two that differ in the original become one.
 * @param builtIn - libraries of ours, which a library of the same name cannot replace
 */
export function mapNames(models: readonly string[], libraries: readonly string[], builtIn: readonly string[]): Names {
  const modelNames = distinctNames(models, {
    isUsable: isModelName,
    suggest: modelNameFrom,
    separator: '-',
    maxLength: MAX_MODEL_NAME_LENGTH,
    fallback: 'model',
    taken: new Set(),
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
    model: (original) => modelNames.get(original) ?? original,
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
