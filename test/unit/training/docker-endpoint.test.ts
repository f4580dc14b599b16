import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelManagementError } from '../../../lib/errors';
import { dockerOptions } from '../../../lib/training';

/** What is set, without what is explicitly nothing. */
const told = (given?: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(dockerOptions(given, env)).filter(([, value]) => value !== undefined));

describe('where the Docker engine is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mm-test-'));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), name);
  after(() => rmSync(folder, { recursive: true }));

  const tls = { DOCKER_HOST: 'tcp://hub:2376', DOCKER_TLS_VERIFY: 'yes', DOCKER_CERT_PATH: folder };
  const cases: readonly [string, Record<string, unknown> | undefined, NodeJS.ProcessEnv, Record<string, unknown>][] = [
    ['nothing: what dockerode finds', undefined, {}, {}],
    ['a socket in settings.js', { socketPath: '/a' }, {}, { socketPath: '/a' }],
    ['a socket in settings.js beside DOCKER_HOST', { socketPath: '/a' }, tls, { socketPath: '/a' }],
    ['a host in settings.js beside DOCKER_HOST', { host: 'h', port: 1 }, tls, { host: 'h', port: 1 }],
    ['no place in settings.js: that of the environment', { timeout: 9 }, { DOCKER_HOST: 'tcp://h:1' }, { timeout: 9 }],
    [
      'TLS in the environment',
      undefined,
      tls,
      { protocol: 'https', host: 'hub', port: '2376', ca: 'ca', cert: 'cert', key: 'key' },
    ],
  ];
  for (const [title, given, env, expected] of cases) {
    it(title, () => assert.deepEqual(told(given, env), expected));
  }

  for (const [given, env] of [
    [{ protocol: 'ssh', host: 'hub', username: 'ada', port: 22 }, {}],
    [{ host: 'ssh://ada@hub' }, tls],
    [undefined, { DOCKER_HOST: 'ssh://ada@hub:22' }],
  ] as const) {
    it(`SSH by ${JSON.stringify(given ?? env)} is HTTP over a connection of its own`, () => {
      const { agent, ...others } = told(given, env);
      assert.ok(agent instanceof Agent);
      assert.deepEqual(others, { protocol: 'http', host: 'docker' });
    });
  }

  for (const [given, env, message] of [
    [undefined, { ...tls, DOCKER_CERT_PATH: join(folder, 'away') }, /ca\.pem cannot be read/],
    [undefined, { DOCKER_HOST: 'ssh://ada:secret@hub' }, /neither a password nor a path/],
    [undefined, { DOCKER_HOST: 'ssh://hub/var/run' }, /neither a password nor a path/],
    [{ protocol: 'ssh', host: '-oProxyCommand=touch /tmp/x' }, {}, /is no host/],
    [{ protocol: 'ssh', host: 'hub', sshOptions: { privateKey: 'k' } }, {}, /sshOptions is not used/],
  ] as const) {
    it(`refuses ${JSON.stringify(given ?? env.DOCKER_HOST)}`, () => {
      assert.throws(
        () => dockerOptions(given, env),
        (error) => ModelManagementError.is(error) && error.code === 'BAD_SETTINGS' && message.test(error.message),
      );
    });
  }
});
