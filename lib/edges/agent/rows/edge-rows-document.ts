import { z } from 'zod';
import { OfferedRows } from '../../protocol/row-documents';

const mark = z.object({ identity: z.string(), to: z.string() });

/** How far the rows of a collection of this edge have come to the hub, in `edge-agent-rows.db`. */
export const EdgeRowsDocument = z
  .object({
    _id: z.string(),
    /** Null = none has. */
    mark: mark.nullable(),
    /** What the hub may fetch now, and the mark that is reached when it has. */
    batch: z.object({ offered: OfferedRows, next: mark }).nullable(),
  })
  .readonly();
export type EdgeRowsDocument = z.infer<typeof EdgeRowsDocument>;
