import { toIso } from '../../clock';
import type { LibraryName } from '../../ids';
import type { RevisionDocument } from './documents';
import type { LibraryRevision } from './types';

/** A library as its last revision says. */
export interface LibraryState {
  readonly name: LibraryName;
  readonly revision: number;
  readonly description: string;
  readonly source: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly updatedBy: string | null;
}

/** All revisions of one name, oldest first, to what they come to; undefined = it does not exist (any more). */
export function stateOf(history: readonly RevisionDocument[]): LibraryState | undefined {
  const last = history.at(-1);
  if (!last || last.source === null) return undefined;
  const life = history.slice(history.findLastIndex(({ source }) => source === null) + 1);
  return {
    name: last.name,
    revision: last.revision,
    description: last.description,
    source: last.source,
    createdAt: life[0]?.at ?? last.at,
    updatedAt: last.at,
    updatedBy: last.user,
  };
}

export interface RevisionFact extends Pick<RevisionDocument, 'revision' | 'user' | 'description' | 'source'> {
  /** Epoch ms; null = came with the package. */
  readonly at: number | null;
}

export function toRevision({ revision, at, user, description, source }: RevisionFact): LibraryRevision {
  return {
    revision,
    at: at === null ? null : toIso(at),
    user,
    description,
    sizeBytes: source === null ? 0 : Buffer.byteLength(source),
    ...(source === null ? { deleted: true } : {}),
  };
}
