import { join } from 'node:path';
import type { z } from 'zod';
import type { Clock } from '../../../../lib/clock';
import type { Log } from '../../../../lib/log';
import type { DataFolder, DocumentStore } from '../../../../lib/store';
import type { Settings } from '../settings';

/** What both the hub's and the edge's side are built of. */
export interface EdgePartOptions {
  readonly settings: Settings;
  readonly folder: DataFolder;
  readonly clock: Clock;
  readonly log: Log;
  openDocuments<T extends { readonly _id: string }>(name: string, schema: z.ZodType<T>): Promise<DocumentStore<T>>;
}

/** Of what an edge keeps for its hub, apart from what is its own. */
export const edgeRoot = ({ path }: DataFolder): string => join(path, 'edge');
