import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DockerOptions } from 'dockerode';
import { ModelManagementError } from '../../../errors';
import { type SshTarget, sshAgent } from './ssh-agent';

/** All that says where an engine is: dockerode fills what is absent from its own reading of the environment. */
const NOWHERE = {
  socketPath: undefined,
  host: undefined,
  port: undefined,
  protocol: undefined,
  username: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  agent: undefined,
};
const SSH_URL = /^ssh:\/\//;

/**
 * Where the Docker engine is, as options of dockerode.
 *
 * An endpoint in `given` wins over the environment; without one it is `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and
 * `DOCKER_CERT_PATH`, read as the docker client reads them, else the default socket. SSH goes through the program
 * `ssh`, as there: with its configuration, its keys, and its check of the host's key.
 *
 * @param given - `modelManagement.docker`: options of dockerode
 * @throws {ModelManagementError} `BAD_SETTINGS`
 */
export function dockerOptions(
  given: Readonly<Record<string, unknown>> = {},
  env: NodeJS.ProcessEnv = process.env,
): DockerOptions {
  const { protocol, host, port, username } = given;
  if (protocol === 'ssh' || (typeof host === 'string' && SSH_URL.test(host))) {
    if (given['sshOptions'] !== undefined) {
      throw badEndpoint('docker.sshOptions is not used', 'Put keys and options for the host into ~/.ssh/config.');
    }
    const target = typeof host === 'string' && SSH_URL.test(host) ? sshTarget(host) : { host: String(host) };
    return overSsh({
      ...target,
      ...(port === undefined ? {} : { port: Number(port) }),
      ...(username === undefined ? {} : { user: String(username) }),
    });
  }
  const isWhere = given['socketPath'] !== undefined || host !== undefined;
  const options = { ...(isWhere ? NOWHERE : fromEnvironment(env)), ...given };
  return options as DockerOptions;
}

function fromEnvironment(env: NodeJS.ProcessEnv): DockerOptions {
  const { DOCKER_HOST: host = '', DOCKER_TLS_VERIFY: verify = '', DOCKER_CERT_PATH: certPath = '' } = env;
  if (SSH_URL.test(host)) return overSsh(sshTarget(host));
  // The docker client takes any value for yes, and looks for certificates in its own folder; dockerode does neither.
  const isTcp = /^tcp:\/\//.test(host);
  if (!isTcp || verify === '') return {};
  const { hostname, port } = urlOf(host);
  const folder = certPath || join(homedir(), '.docker');
  const pem = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw badEndpoint(
        `DOCKER_TLS_VERIFY is set, and ${name} cannot be read: ${reason}`,
        'Set DOCKER_CERT_PATH.',
        cause,
      );
    }
  };
  return {
    ...(NOWHERE as DockerOptions),
    host: hostname,
    port: port || '2376',
    protocol: 'https',
    ca: pem('ca.pem'),
    cert: pem('cert.pem'),
    key: pem('key.pem'),
  };
}

/** The host is a name only: what speaks HTTP below never looks it up. */
function overSsh(target: SshTarget): DockerOptions {
  if (!/^[A-Za-z0-9_]/.test(target.host)) throw badEndpoint(`"${target.host}" is no host`, 'Write ssh://user@host.');
  // An option of docker-modem that its types do not have.
  return { ...NOWHERE, protocol: 'http', host: 'docker', agent: sshAgent(target) } as DockerOptions;
}

function sshTarget(text: string): SshTarget {
  const { hostname, port, username, password, pathname } = urlOf(text);
  if (password !== '' || !['', '/'].includes(pathname)) {
    throw badEndpoint('an SSH endpoint has neither a password nor a path', 'Write ssh://user@host:port.');
  }
  return {
    host: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    ...(username === '' ? {} : { user: decodeURIComponent(username) }),
  };
}

function urlOf(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw badEndpoint('the Docker endpoint is no URL', 'Write tcp://host:port or ssh://user@host.', cause);
  }
}

const badEndpoint = (message: string, hint: string, cause?: unknown): ModelManagementError =>
  new ModelManagementError('BAD_SETTINGS', `modelManagement.docker or DOCKER_HOST: ${message}.`, hint, { cause });
