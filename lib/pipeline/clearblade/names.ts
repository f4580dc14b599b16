import { LibraryName } from '../../ids';
import { isModelName } from '../../names';
import { modelNameFrom } from '../../registry/model-name';

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
  const modelNames = distinct(models, (name) => isModelName(name), modelNameFrom, {
    separator: '-',
    maxLength: 63,
    fallback: 'model',
  });
  const reserved = new Set(builtIn);
  const isLibraryName = (name: string): boolean => LibraryName.safeParse(name).success && !reserved.has(name);
  const libraryNames = distinct(libraries, isLibraryName, libraryNameFrom, {
    separator: '_',
    maxLength: MAX_LIBRARY_NAME_LENGTH,
    fallback: 'pipelib_library',
    taken: builtIn,
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

function distinct(
  originals: readonly string[],
  isUsable: (name: string) => boolean,
  suggest: (name: string) => string,
  rule: {
    readonly separator: string;
    readonly maxLength: number;
    readonly fallback: string;
    readonly taken?: readonly string[];
  },
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set((rule.taken ?? []).map((name) => name.toLowerCase()));
  const take = (original: string, name: string): boolean => {
    if (taken.has(name.toLowerCase())) return false;
    taken.add(name.toLowerCase());
    names.set(original, name);
    return true;
  };
  const given = [...new Set(originals)].filter((name) => name !== '');
  const odd = given.filter((name) => !(isUsable(name) && take(name, name)));
  for (const original of odd) {
    const base = suggest(original) || rule.fallback;
    if (take(original, base)) continue;
    for (let number = 2; ; number++) {
      const ending = `${rule.separator}${number}`;
      if (take(original, `${base.slice(0, rule.maxLength - ending.length)}${ending}`)) break;
    }
  }
  return names;
}
