import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManagementError } from '../errors';
import { errorCode, writeFileDurably } from '../files';

const PREFIX = 'v1:';
const KEY_FILE = 'secrets.key';

/** Encrypts what must not lie in a document as it is: AES-256-GCM, with a key that lies in the data folder beside it. */
export class Secrets {
  private constructor(private readonly key: Buffer) {}

  /** @throws {ModelManagementError} `STORAGE_CORRUPT` when the key is not whole; `STORAGE_FULL`, `STORAGE_FAILED` */
  static async open(keysPath: string): Promise<Secrets> {
    const path = join(keysPath, KEY_FILE);
    try {
      const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64');
      if (key.length === 32) return new Secrets(key);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      const key = randomBytes(32);
      await writeFileDurably(path, `${key.toString('base64')}\n`);
      return new Secrets(key);
    }
    throw new ModelManagementError(
      'STORAGE_CORRUPT',
      `keys/${KEY_FILE} does not hold a key of 32 bytes.`,
      `Restore keys/${KEY_FILE} from a backup; or delete it, after which stored secrets have to be entered again.`,
      { details: { file: `keys/${KEY_FILE}` } },
    );
  }

  encrypt(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return PREFIX + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
  }

  /** @throws {ModelManagementError} `STORAGE_CORRUPT` for what this key did not encrypt */
  decrypt(stored: string): string {
    try {
      const bytes = Buffer.from(stored.slice(PREFIX.length), 'base64');
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new ModelManagementError(
        'STORAGE_CORRUPT',
        'A stored secret cannot be read with the key of this data folder.',
        'Enter the secret again.',
        { cause },
      );
    }
  }
}
