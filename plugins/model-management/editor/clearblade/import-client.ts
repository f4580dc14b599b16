import type { ClearbladeImport } from '../../../../lib/pipeline/clearblade';
import { request } from '../api';
import type { ExportedRows } from './exported-rows';

export type { ClearbladeImport };

/** What the rows become here; nothing is changed by asking. */
export const translate = (
  rows: Partial<ExportedRows> & { readonly brokerId?: string },
  signal: AbortSignal,
): Promise<ClearbladeImport> => request('import/clearblade', { method: 'POST', body: rows, signal });
