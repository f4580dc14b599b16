import { ModelManagementError } from '../../errors';
import type { LibraryName } from '../../ids';
import type { LibraryState } from './history';

export function notFound(name: LibraryName): ModelManagementError {
  return new ModelManagementError(
    'LIBRARY_NOT_FOUND',
    `There is no library named ${name}.`,
    'Check the spelling, or save a library of that name.',
  );
}

export function moved(name: LibraryName, expected: number, present: LibraryState | undefined): ModelManagementError {
  const is = present ? `at revision ${present.revision}` : 'not there';
  return new ModelManagementError(
    'LIBRARY_MOVED',
    `The library ${name} was expected at revision ${expected}, but it is ${is}.`,
    'Somebody else changed it: read it again, and bring the two together.',
    { details: { expectedRevision: expected, revision: present?.revision ?? null } },
  );
}
