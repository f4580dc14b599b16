import assert from 'node:assert/strict';
import type { NodeRed } from '../support/node-red';

/**
 * Entries of settings.js: whoever is called `reader` may read, `operator` change what is no code, everybody else may do
 * everything.
 */
export const userSettings = `adminAuth: (() => {
  const userOf = (username) => ({
    username,
    permissions: { reader: 'read', operator: ['read', 'model-management.write'] }[username] ?? '*',
  });
  return {
    type: 'credentials',
    users: async (name) => userOf(name),
    authenticate: async (name, word) => (word === 'secret' ? userOf(name) : null),
  };
})(),`;

/** An access token, as the editor's login gets it. */
export async function tokenOf(nodeRed: NodeRed, username: string): Promise<string> {
  const body = new URLSearchParams({
    client_id: 'node-red-editor',
    grant_type: 'password',
    scope: '',
    username,
    password: 'secret',
  });
  const answer = await nodeRed.request<{ access_token: string }>('POST', 'auth/token', body.toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.access_token;
}
