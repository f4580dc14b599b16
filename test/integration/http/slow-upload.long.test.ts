import assert from 'node:assert/strict';
import { AdminClient } from '../../support/admin-client';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';

/** Node looks for late requests every 30 s; here they are late after 1 s. */
const settings = `httpAdminMiddleware: (request, response, next) => {
  const { server } = request.socket;
  if (request.url.endsWith('/models')) Object.assign(server, { headersTimeout: 500, requestTimeout: 1000 });
  response.setHeader('X-Request-Timeout', server.requestTimeout);
  next();
},`;
/** Long enough for one of these looks. */
const slowMs = 35_000;

describe('slow uploads over HTTP', function () {
  this.timeout(120_000);

  it('may take longer than Node gives other requests, whose limit is back afterwards', async () => {
    await using nodeRed = await NodeRed.start({ settings });
    const api = new AdminClient(nodeRed);
    await api.ok(201, 'POST', 'models', { name: 'plus' });
    const bytes = buildModel(addModel(1));
    async function* slowly(): AsyncGenerator<Buffer> {
      for (const byte of bytes) {
        yield Buffer.of(byte);
        // Not a wait for something: this is the pace of the line.
        await new Promise((resolve) => setTimeout(resolve, slowMs / bytes.length));
      }
    }
    await api.ok(201, 'POST', 'models/plus/versions', slowly());
    const { headers } = await api.send('GET', 'models/plus');
    assert.equal(headers['x-request-timeout'], '1000');
  });
});
