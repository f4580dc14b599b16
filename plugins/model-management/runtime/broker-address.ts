import { readFile } from 'node:fs/promises';
import type { BrokerAddress } from '../../../lib/edges/mqtt-connection';
import { readSecretFile } from './secret-files';
import type { BrokerSettings } from './settings';

/** The PEM itself, or what the file of that path holds. */
async function pemOf(value: string | Uint8Array | undefined): Promise<string | Uint8Array | undefined> {
  if (typeof value !== 'string' || value.startsWith('-----BEGIN')) return value;
  return await readFile(value, 'utf8');
}

/** With the content of the files that the setting names, as it is now. @throws when one of them cannot be read */
export async function brokerAddress(settings: BrokerSettings): Promise<BrokerAddress> {
  const { url, username, passwordFile } = settings;
  const [ca, cert, key] = await Promise.all([pemOf(settings.ca), pemOf(settings.cert), pemOf(settings.key)]);
  const password =
    passwordFile === undefined ? settings.password : await readSecretFile(passwordFile, 'broker.passwordFile');
  return { url, username, password, ca, cert, key };
}

/** Without user name and password, which are in no answer. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}
