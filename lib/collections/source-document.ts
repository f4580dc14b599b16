import { z } from 'zod';
import { isColumnName } from './names';

const fields = {
  kind: z.literal('postgres', { error: 'must be postgres' }),
  host: z.string().trim().min(1).max(255),
  port: z.int().min(1).max(65_535).default(5_432),
  database: z.string().min(1).max(63),
  user: z.string().min(1).max(63),
  /** `verified` = with a certificate that is trusted; `unverified` = encrypted, whoever answers. */
  tls: z.enum(['verified', 'unverified', 'off']).default('verified'),
  /** PEM of who may vouch for the server, where the machine does not know it. */
  ca: z.string().max(1_048_576).exactOptional(),
  watermarkColumn: z.string().refine(isColumnName, { error: 'must be the name of a column' }).exactOptional(),
  timeoutMs: z.int().min(1_000).max(86_400_000).exactOptional(),
};

/** What is sent of a source; a password that is left out stays, '' takes it away. */
export const SourceInput = z.strictObject({ ...fields, password: z.string().max(1_024).exactOptional() });

/** What lies in `sources.db`: the password is encrypted. */
export const SourceDocument = z.object({ _id: z.string(), ...fields, password: z.string().exactOptional() }).readonly();
export type SourceDocument = z.infer<typeof SourceDocument>;

/** What says whom the password is sent to, and how. */
export const connectionFields = ['host', 'port', 'user', 'tls', 'ca'] as const;
