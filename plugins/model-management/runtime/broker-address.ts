import { readFile } from 'node:fs/promises';
import type { BrokerAddress } from '../../../lib/edges/mqtt-connection';
import type { BrokerSettings } from './settings';

/** The PEM itself, or what the file of that path holds. */
async function pemOf(value: string | Uint8Array | undefined): Promise<string | Uint8Array | undefined> {
  if (typeof value !== 'string' || value.startsWith('-----BEGIN')) return value;
  return await readFile(value, 'utf8');
}

/** With the content of the files that the setting names. @throws when one of them cannot be read */
export async function brokerAddress({ url, username, password, ...pem }: BrokerSettings): Promise<BrokerAddress> {
  const [ca, cert, key] = await Promise.all([pemOf(pem.ca), pemOf(pem.cert), pemOf(pem.key)]);
  return { url, username, password, ca, cert, key };
}

/** Without user name and password, which are in no answer. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}
