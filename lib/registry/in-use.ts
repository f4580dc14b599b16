import { ModelManagementError } from '../errors';
import type { Usage } from './types';

export function inUse(message: string, hint: string, usedBy: readonly Usage[]): ModelManagementError {
  return new ModelManagementError('IN_USE', message, hint, { details: { usedBy } });
}
