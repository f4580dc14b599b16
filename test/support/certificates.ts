import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const canMakeCertificates = existsSync('/usr/bin/openssl');

function openssl(...args: readonly string[]): void {
  const made = spawnSync('openssl', args, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
}

/**
 * An authority of its own with a certificate for servers on 127.0.0.1 and one for clients, as the docker client wants
 * them: `ca.pem`, `server-cert.pem`, `server-key.pem`, `cert.pem`, `key.pem`.
 */
export async function makeCertificates(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    at('ca-key.pem'),
    '-out',
    at('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=tests',
  );
  const sign = async (prefix: string, extensions: string): Promise<void> => {
    await writeFile(at('extensions'), extensions);
    openssl('req', ...key, '-keyout', at(`${prefix}key.pem`), '-out', at('request'), '-subj', '/CN=127.0.0.1');
    openssl(
      ...['x509', '-req', '-in', at('request'), '-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-CAcreateserial'],
      ...['-out', at(`${prefix}cert.pem`), '-days', '2', '-extfile', at('extensions')],
    );
  };
  await sign('server-', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  await sign('', 'extendedKeyUsage=clientAuth\n');
}
