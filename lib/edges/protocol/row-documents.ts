import { z } from 'zod';
import { Digest } from '../../ids';
import { file } from './fields';

const collection = z.string().max(63);

/** Rows that wait on an edge for the hub: an artifact of the edge, one row as JSON on each line. */
export const OfferedRows = z.object({
  collection,
  ...file,
  rows: z.int().positive(),
});
export type OfferedRows = z.infer<typeof OfferedRows>;

/** They are in the collection of the hub. */
export const RowsTakenCommand = z.object({ type: z.literal('rows-taken'), collection, digest: Digest });
export type RowsTakenCommand = z.infer<typeof RowsTakenCommand>;
