import { z } from 'zod';
import { LibraryName } from '../../ids';

/**
 * What lies in `libraries.db`: one document per revision of a library, only ever inserted. The last revision of a name
 * is what the library is now; one without a source is its deletion. Revisions are counted per name, and on over
 * deletions.
 */
export const RevisionDocument = z
  .object({
    _id: z.string(),
    name: LibraryName,
    revision: z.int().positive(),
    /** Epoch ms. */
    at: z.int(),
    /** Null where the editor has no login. */
    user: z.string().nullable(),
    description: z.string(),
    /** JavaScript; null = deleted. */
    source: z.string().nullable(),
  })
  .readonly();
export type RevisionDocument = z.infer<typeof RevisionDocument>;
