import assert from 'node:assert/strict';
import type { NodeRed } from '../support/node-red';

/** Entries of settings.js: whoever is called `reader` may read, everybody else may do everything. */
export const userSettings = `adminAuth: { type: 'credentials',
  users: (name) => Promise.resolve({ username: name, permissions: name === 'reader' ? 'read' : '*' }),
  authenticate: (name, word) => Promise.resolve(word === 'secret' ? { username: name, permissions: name === 'reader' ? 'read' : '*' } : null) },`;

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
