import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelManagementError } from '../../errors';
import { errorCode, writeFileDurably } from '../../files';

/** An X25519 key of 32 bytes as base64url: the member `x` of its JWK (RFC 8037, 3.2). */
export const BoxKeyText = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .brand<'BoxKeyText'>();
export type BoxKeyText = z.infer<typeof BoxKeyText>;

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = KEY_BYTES + NONCE_BYTES + TAG_BYTES;

/** What opens boxes that were sealed for it. */
export interface BoxKey {
  readonly publicKey: BoxKeyText;
  /**
   * @param context - as it was sealed with: a box of one purpose is none of another
   * @returns undefined for what was not sealed for this key and context, or was changed
   */
  open(box: Buffer, context: string): Buffer | undefined;
}

/**
 * Encrypts bytes so that only the owner of a key reads them: X25519 with a key that is thrown away, HKDF-SHA-256 over
 * both public keys and the context, AES-256-GCM (RFC 7748, RFC 5869). Who sealed it is not told: that comes by a signature over
 * its digest.
 */
export function sealBox(plain: Buffer, recipient: BoxKeyText, context: string): Buffer {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const own = rawOf(publicKey);
  const nonce = randomBytes(NONCE_BYTES);
  const key = keyOf(privateKey, publicKeyOf(recipient), own, Buffer.from(recipient, 'base64url'), context);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([own, nonce, cipher.getAuthTag(), body]);
}

/**
 * The key of that name, made when there is none: PKCS #8 in PEM, readable by Node-RED's user only.
 * @throws {ModelManagementError} `STORAGE_CORRUPT` when the file holds no X25519 key; `STORAGE_FULL`, `STORAGE_FAILED`
 */
export async function openBoxKey(keysPath: string, name: string): Promise<BoxKey> {
  const path = join(keysPath, `${name}.pem`);
  try {
    const key = createPrivateKey(await readFile(path));
    if (key.asymmetricKeyType === 'x25519') return boxKey(key);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      const { privateKey } = generateKeyPairSync('x25519');
      await writeFileDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
      return boxKey(privateKey);
    }
    if (!errorCode(error)?.startsWith('ERR_')) throw error;
  }
  throw new ModelManagementError(
    'STORAGE_CORRUPT',
    `keys/${name}.pem does not hold an X25519 key.`,
    `Delete keys/${name}.pem: another one is made, and told to the hub.`,
    { details: { file: `keys/${name}.pem` } },
  );
}

function boxKey(privateKey: KeyObject): BoxKey {
  const own = rawOf(createPublicKey(privateKey));
  return {
    publicKey: BoxKeyText.parse(own.toString('base64url')),
    open: (box, context) => {
      if (box.length < HEAD_BYTES) return undefined;
      const sender = box.subarray(0, KEY_BYTES);
      const nonce = box.subarray(KEY_BYTES, KEY_BYTES + NONCE_BYTES);
      try {
        const key = keyOf(privateKey, publicKeyOf(sender.toString('base64url')), sender, own, context);
        const decipher = createDecipheriv('aes-256-gcm', key, nonce);
        decipher.setAuthTag(box.subarray(KEY_BYTES + NONCE_BYTES, HEAD_BYTES));
        return Buffer.concat([decipher.update(box.subarray(HEAD_BYTES)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

const publicKeyOf = (x: string): KeyObject => createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });

const rawOf = (key: KeyObject): Buffer => Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url');

function keyOf(
  privateKey: KeyObject,
  publicKey: KeyObject,
  sender: Buffer,
  recipient: Buffer,
  context: string,
): Buffer {
  const secret = diffieHellman({ privateKey, publicKey });
  const salt = Buffer.concat([sender, recipient]);
  return Buffer.from(hkdfSync('sha256', secret, salt, `model-management/1/box/${context}`, 32));
}
