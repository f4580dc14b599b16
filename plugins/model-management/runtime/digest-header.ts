import { invalidInput } from '../../../lib/errors';
import { Digest } from '../../../lib/ids';

/**
 * The SHA-256 of `Digest: sha-256=<base64>` (RFC 3230), among other algorithms that we do not know and pass over.
 * @throws {ModelManagementError} `INVALID_INPUT` when it is there and no SHA-256 in base64
 */
export function parseDigestHeader(header: string | undefined): Digest | undefined {
  const sha256 = header?.split(',').find((part) => /^\s*sha-256\s*(=|$)/i.test(part));
  if (sha256 === undefined) return undefined;
  const base64 = sha256.replace(/^[^=]*=?/, '').trim();
  // Node's decoder passes over what is no base64: two texts would be one digest.
  const bytes = /^[A-Za-z0-9+/]{43}=?$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
  if (bytes?.length === 32) return Digest.parse(`sha256:${bytes.toString('hex')}`);
  throw invalidInput(
    'Digest',
    'The Digest header does not hold a SHA-256 in base64.',
    'Send Digest: sha-256=<base64 of 32 bytes>.',
  );
}
