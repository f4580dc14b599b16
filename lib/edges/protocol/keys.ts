import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelManagementError } from '../../errors';
import { errorCode, storageError, writeFileDurably } from '../../files';

/** An Ed25519 key of 32 bytes as base64url: the member `x` of its JWK (RFC 8037, 2). */
export const PublicKeyText = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'expected an Ed25519 key as 43 letters of base64url')
  .brand<'PublicKeyText'>();
export type PublicKeyText = z.infer<typeof PublicKeyText>;

/** The thumbprint of a key (RFC 7638 with SHA-256), base64url. */
export const KeyId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .brand<'KeyId'>();
export type KeyId = z.infer<typeof KeyId>;

export interface VerifyingKey {
  readonly id: KeyId;
  readonly text: PublicKeyText;
  /** Over the exact bytes (Ed25519, RFC 8032). */
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}

export interface SigningKey {
  readonly publicKey: VerifyingKey;
  sign(bytes: Uint8Array): Buffer;
}

export function verifyingKey(text: PublicKeyText): VerifyingKey {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
  return {
    id: keyIdOf(text),
    text,
    verify: (bytes, signature) => signature.length === 64 && verifyBytes(null, bytes, key, signature),
  };
}

/** RFC 7638, 3.2: the required members in the order of their names; for Ed25519 RFC 8037, A.3. */
export function keyIdOf(text: PublicKeyText): KeyId {
  const jwk = `{"crv":"Ed25519","kty":"OKP","x":"${text}"}`;
  return KeyId.parse(createHash('sha256').update(jwk).digest('base64url'));
}

function signingKey(privateKey: KeyObject): SigningKey {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = verifyingKey(PublicKeyText.parse(x));
  return { publicKey, sign: (bytes) => signBytes(null, bytes, privateKey) };
}

/** A key that lives as long as this process. */
export function temporarySigningKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey);
}

const fileOf = (keysPath: string, name: string): string => join(keysPath, `${name}.pem`);

/**
 * The key of that name, made when there is none: PKCS #8 in PEM, readable by Node-RED's user only.
 * @param name - of the file without its ending: `hub`, `edge-1`
 * @throws {ModelManagementError} `STORAGE_CORRUPT` when the file holds no Ed25519 key; `STORAGE_FULL`, `STORAGE_FAILED`
 */
export async function openSigningKey(keysPath: string, name: string): Promise<SigningKey> {
  const found = await findSigningKey(keysPath, name);
  if (found) return found;
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFileDurably(fileOf(keysPath, name), privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  return signingKey(privateKey);
}

/** @throws as {@link openSigningKey} */
export async function findSigningKey(keysPath: string, name: string): Promise<SigningKey | undefined> {
  try {
    const key = createPrivateKey(await readFile(fileOf(keysPath, name)));
    if (key.asymmetricKeyType === 'ed25519') return signingKey(key);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code?.startsWith('E') && !code.startsWith('ERR_')) throw storageError(error, `reading keys/${name}.pem`);
  }
  throw new ModelManagementError(
    'STORAGE_CORRUPT',
    `keys/${name}.pem does not hold an Ed25519 key.`,
    `Restore keys/${name}.pem from a backup; or delete it, after which edges have to be enrolled again.`,
    { details: { file: `keys/${name}.pem` } },
  );
}

export async function removeSigningKey(keysPath: string, name: string): Promise<void> {
  await rm(fileOf(keysPath, name), { force: true });
}
