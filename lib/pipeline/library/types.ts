import type { ErrorCode } from '../../errors';
import type { LibraryName } from '../../ids';
import type { Usage, User } from '../../registry/types';
import type { ParentPolicy } from '../join-config';

/** Why a library does not run, or a test of it failed. Lines and columns count from 1, in the library's source. */
export interface LibraryError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** What a list of libraries shows. */
export interface Library {
  readonly name: LibraryName;
  readonly description: string;
  readonly revision: number;
  /** Comes with the package and cannot be changed; it has no dates. */
  readonly builtIn: boolean;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly updatedBy: User;
  readonly sizeBytes: number;
  /** `failed`: nodes that name it cannot run it. A library that nothing has run yet is `ready`. */
  readonly state: 'ready' | 'failed';
  readonly error?: LibraryError;
  readonly usedBy: readonly Usage[];
}

export interface LibraryWithSource extends Library {
  readonly source: string;
}

/** One entry of a library's history. */
export interface LibraryRevision {
  readonly revision: number;
  /** Null for a built-in library. */
  readonly at: string | null;
  readonly user: User;
  readonly description: string;
  readonly sizeBytes: number;
  /** The library was deleted; there is no source. */
  readonly deleted?: true;
}

export interface LibraryRevisionWithSource extends LibraryRevision {
  /** Null for a deletion. */
  readonly source: string | null;
}

/** Says only what changed; listeners read the state themselves. */
export interface LibraryChange {
  readonly name: LibraryName;
  readonly change: 'created' | 'updated' | 'deleted';
}

/** A parent whose result the input holds. */
export interface LibraryParent {
  readonly id: string;
  /** Its key in an input that joins several. */
  readonly key: string;
  readonly name: string;
  readonly policy: ParentPolicy;
}

/** What `exec` gets beside its input. */
export interface CallContext {
  /** The message as it came. The library gets a copy: what it changes there stays there. */
  readonly msg: Readonly<Record<string, unknown>>;
  readonly node: { readonly id: string; readonly name: string };
  /** In the order of the node's list. */
  readonly parents: readonly LibraryParent[];
}

export type ConsoleLevel = 'error' | 'warn' | 'info' | 'debug';

/** A line a library wrote to its `console`. */
export interface ConsoleLine {
  readonly level: ConsoleLevel;
  readonly text: string;
  /** Id of the node whose call is under way; absent for what is written later, after an `await` or from a timer. */
  readonly node?: string;
}
