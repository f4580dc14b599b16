import { ModelManagementError } from '../errors';

export interface CollectionUse {
  readonly kind: 'job' | 'node';
  readonly id: string;
  readonly name: string;
}

/**
 * @param what - the start of a sentence: `The collection iris`
 * @throws {ModelManagementError} `IN_USE` with `details.usedBy` when anybody reads it
 */
export function refuseInUse(what: string, usedBy: readonly CollectionUse[]): void {
  if (usedBy.length === 0) return;
  throw new ModelManagementError(
    'IN_USE',
    `${what} is in use by ${usedBy.map(({ name }) => name).join(', ')}.`,
    'Take it out of their queries first.',
    { details: { usedBy } },
  );
}
