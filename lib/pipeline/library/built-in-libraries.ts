import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LibraryName } from '../../ids';

/** A library that comes with the package: a file in the folder `built-in`, written as a user would write his. */
export interface BuiltInLibrary {
  readonly name: LibraryName;
  readonly source: string;
  /** The comment at the head of the source. */
  readonly description: string;
}

const names = ['argmax', 'features', 'labels', 'merge', 'normalize', 'pick', 'softmax', 'threshold'].map((name) =>
  LibraryName.parse(`pipelib_${name}`),
);

/** All of them, by name. */
export function readBuiltInLibraries(): readonly BuiltInLibrary[] {
  return names.map((name) => {
    const source = readFileSync(join(__dirname, 'built-in', `${name}.js`), 'utf8');
    return { name, source, description: headOf(source) };
  });
}

function headOf(source: string): string {
  const [, comment = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(source) ?? [];
  return comment
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
