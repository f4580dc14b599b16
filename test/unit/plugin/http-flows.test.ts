import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import type { ErrorCode, ModelManagementError } from '../../../lib/errors';
import {
  type AdminToken,
  httpFlows,
  ownFlowsOverHttp,
} from '../../../plugins/model-management/runtime/flows/http-flows';
import { inProcessClient } from '../../../plugins/model-management/runtime/flows/in-process-http';
import { temporaryFolder } from '../../support/temporary-folder';

const flows = [{ id: 't', type: 'tab', label: 'T' }];
const answers = (status: number, body: string): RequestListener => {
  return (_request, response) => void response.writeHead(status).end(body);
};
const given = (body: unknown): RequestListener => answers(200, JSON.stringify(body));

/** The admin API that `server` would give. */
const own = (server: unknown, httpAdminRoot: unknown = '/', token?: AdminToken) =>
  ownFlowsOverHttp({ server, settings: { httpAdminRoot } } as never, token);

const played = (handler: RequestListener, token?: AdminToken, answerMs?: number) =>
  httpFlows(inProcessClient(createServer(handler)), '/', token, answerMs);

/** @returns what was asked, once something is */
function listen(server: Server): Promise<IncomingMessage> {
  return new Promise((resolve) => {
    server.on('request', (request, response) => {
      resolve(request);
      given({ flows, rev: '1' })(request, response);
    });
  });
}

describe('the admin API of this Node-RED', () => {
  for (const [root, path] of [
    [undefined, '/flows'],
    ['', '/flows'],
    ['/', '/flows'],
    ['/admin', '/admin/flows'],
    ['/admin/', '/admin/flows'],
    ['admin', '/admin/flows'],
    ['/a/b', '/a/b/flows'],
  ] as const) {
    it(`is asked at ${path} where httpAdminRoot is ${JSON.stringify(root)}`, async () => {
      const server = createServer();
      const asked = listen(server);
      assert.deepEqual(await own(server, root).getFlows(), { flows, rev: '1' });
      const { method, url, headers } = await asked;
      assert.deepEqual([method, url, headers['node-red-api-version']], ['GET', path, 'v2']);
    });
  }

  for (const [name, server, isEncrypted] of [
    ['with HTTP', createServer(), false],
    ['with HTTPS, whatever its certificate', createTlsServer(), true],
    ['with HTTPS that wants a certificate', createTlsServer({ requestCert: true, rejectUnauthorized: true }), true],
  ] as const) {
    it(`is asked of a server ${name}, as by a client on this machine`, async () => {
      const asked = listen(server);
      assert.equal((await own(server).getFlows())?.rev, '1');
      const { remoteAddress, encrypted } = (await asked).socket as TLSSocket;
      assert.deepEqual([remoteAddress, encrypted], ['127.0.0.1', isEncrypted]);
    });
  }

  for (const where of ['a pipe', '::1', '0.0.0.0'] as const) {
    it(`is asked of a server that listens on ${where}`, async () => {
      await using folder = await temporaryFolder();
      const server = createServer(given({ flows, rev: '1' }));
      server.listen(where === 'a pipe' ? { path: join(folder.path, 'pipe') } : { host: where, port: 0 });
      await once(server, 'listening');
      try {
        assert.equal((await own(server).getFlows())?.rev, '1');
      } finally {
        server.close();
      }
    });
  }

  for (const [name, server, root] of [
    ['httpAdminRoot is false', createServer(), false],
    ['it has no server', undefined, '/'],
    ['it was embedded without a server', null, '/'],
  ] as const) {
    it(`is missing where ${name}, which is said`, () => {
      assert.throws(() => own(server, root, 'token'), {
        code: 'FLOWS_NOT_RUNNING',
        message: /has no admin API/,
        hint: /httpAdminRoot/,
      });
    });
  }

  it('is shown the token each time as it is then, or none', async () => {
    const shown: (string | undefined)[] = [];
    const note: RequestListener = (request, response) => {
      shown.push(request.headers.authorization);
      given([])(request, response);
    };
    const tokens = ['first', 'second'];
    await played(note).types();
    await played(note, 'fixed').types();
    const changing = played(note, async () => tokens.shift() ?? '');
    await changing.types();
    await changing.types();
    assert.deepEqual(shown, [undefined, 'Bearer fixed', 'Bearer first', 'Bearer second']);
  });

  it('takes and gives flows of many megabytes', async () => {
    const large = [{ id: 't', type: 'tab', info: 'ä'.repeat(8_000_000) }];
    const seen: unknown[] = [];
    const api = played(async (request, response) => {
      if (request.method === 'POST') seen.push(request.headers['node-red-deployment-type'], await json(request));
      given({ flows: large, rev: '2' })(request, response);
    });
    assert.deepEqual(await api.getFlows(), { flows: large, rev: '2' });
    assert.equal(await api.setFlows({ flows: large, rev: '2' }, null), '2');
    assert.deepEqual(seen, ['flows', { flows: large, rev: '2' }]);
    // Before it has read them.
    await assert.rejects(played(answers(413, '')).setFlows({ flows: large, rev: '2' }, null), { code: 'BAD_SETTINGS' });
  });

  it('says that no flows are loaded yet', async () => {
    assert.equal(await played(given(null)).getFlows(), null);
  });

  it('gives the types that can run', async () => {
    const sets = [
      { types: ['a', 'b'], enabled: true },
      { types: ['off'], enabled: false },
      { types: ['broken'], err: 'x' },
      {},
    ];
    assert.deepEqual(await played(given(sets)).types(), new Set(['a', 'b']));
  });

  for (const [name, error] of [
    ['version_mismatch', { code: 'version_mismatch', message: 'Error' }],
    ['the code of a file system', { code: 'EISDIR', message: 'EISDIR: illegal operation' }],
    ['its words', { code: 'unexpected_error', message: 'no storage' }],
  ] as const) {
    it(`passes on ${name} of Node-RED`, async () => {
      const api = played(answers(name === 'version_mismatch' ? 409 : 400, JSON.stringify(error)));
      await assert.rejects(api.setFlows({ flows, rev: '0' }, null), error);
    });
  }

  it('hears that nobody waits for its answer any more', async () => {
    const left = new Promise((resolve) => {
      const api = played((_request, response) => void response.once('close', resolve), undefined, 500);
      api.types().catch(() => undefined);
    });
    await left;
  });

  const secret = 'a secret token';
  const html = '<!DOCTYPE html><pre>Error at /opt/node_modules/x.js:1</pre>';
  const noLogin = [/without a login/, /adminToken/] as const;
  const cases: readonly (readonly [string, RequestListener, AdminToken | undefined, ErrorCode, RegExp, RegExp])[] = [
    ['wants a login, and there is no token', answers(401, ''), undefined, 'FLOWS_NOT_RUNNING', ...noLogin],
    ['forbids, and there is no token', answers(403, ''), undefined, 'FLOWS_NOT_RUNNING', ...noLogin],
    ['refuses the token', answers(401, 'Unauthorized'), 'x', 'BAD_SETTINGS', /adminToken is refused for/, /expired/],
    ['forbids it', answers(403, '{}'), 'x', 'BAD_SETTINGS', /adminToken is refused for/, /flows\.write/],
    [
      'refuses that of a file',
      answers(401, ''),
      async () => 'x',
      'BAD_SETTINGS',
      /adminTokenFile is refused for/,
      /expired/,
    ],
    ['is given what no token is', given({}), secret, 'BAD_SETTINGS', /adminToken is no token/, /Give a token/],
    [
      'is given two lines of a file',
      given({}),
      async () => 'two\nlines',
      'BAD_SETTINGS',
      /adminTokenFile is no/,
      /Give/,
    ],
    ['finds the flows too large', answers(413, html), 'x', 'BAD_SETTINGS', /are larger than/, /apiMaxLength/],
    ['is elsewhere', answers(404, html), 'x', 'FLOWS_NOT_RUNNING', /flows with 404 and no JSON/, /httpAdminRoot/],
    ['redirects', answers(302, ''), 'x', 'FLOWS_NOT_RUNNING', /with 302 and no JSON/, /httpAdminMiddleware/],
    ['answers a page', answers(200, html), 'x', 'FLOWS_NOT_RUNNING', /with 200 and no JSON/, /httpAdminMiddleware/],
    ['answers nothing', answers(204, ''), 'x', 'FLOWS_NOT_RUNNING', /with 204 and no JSON/, /httpAdminMiddleware/],
    [
      'hangs up',
      ({ socket }) => void socket.destroy(),
      'x',
      'FLOWS_NOT_RUNNING',
      /broke off flows/,
      /httpAdminMiddleware/,
    ],
    ['never answers', () => undefined, 'x', 'TIMEOUT', /did not answer within 100 ms/, /log of Node-RED/],
    [
      'never ends its answer',
      (_request, response) => void response.writeHead(200).write('{'),
      'x',
      'TIMEOUT',
      /did not answer within 100 ms/,
      /whether the change was made/,
    ],
  ];
  for (const [name, handler, token, code, message, hint] of cases) {
    it(`that ${name} gives an error that says what to do`, async () => {
      const api = played(handler, token, name.startsWith('never') ? 100 : undefined);
      for (const call of [() => api.getFlows(), () => api.setFlows({ flows, rev: '1' }, null)]) {
        await assert.rejects(call(), (error: ModelManagementError) => {
          assert.equal(error.code, code, inspect(error));
          assert.match(error.message, message);
          assert.match(error.hint, hint);
          assert.doesNotMatch(inspect(error), /a secret token|two.*lines|DOCTYPE/s);
          return true;
        });
      }
    });
  }
});
