import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { boundedClient } from '../../../lib/training/runners/docker/bounded-client';

const DELAY_MS = 100;

describe('a bounded client of an engine', () => {
  let server: Server;
  let answer: RequestListener;
  let docker: Docker;
  const asked: string[] = [];

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      request.resume();
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    docker = new Docker({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, protocol: 'http' });
  });
  beforeEach(() => {
    asked.length = 0;
    answer = () => undefined;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('says that no answer came in time', async () => {
    await assert.rejects(boundedClient(docker, undefined, DELAY_MS).info(), /no answer within 0 s/);
  });

  it('leaves a stream that has begun to its reader', async () => {
    const limitMs = 1_000;
    const controller = new AbortController();
    answer = (_request, response) => {
      response.writeHead(200);
      response.write('begun');
      setTimeout(() => response.end(' and over'), 1.5 * limitMs);
    };
    const container = boundedClient(docker, controller.signal, limitMs).getContainer('c');
    const stream = (await container.getArchive({ path: '/x' })) as unknown as Readable;
    controller.abort();
    const text: string[] = [];
    for await (const chunk of stream) text.push(String(chunk));
    assert.equal(text.join(''), 'begun and over');
  });

  it('hears a signal while it waits', async () => {
    const controller = new AbortController();
    answer = () => controller.abort(new Error('not wanted any more'));
    await assert.rejects(boundedClient(docker, controller.signal).getContainer('c').inspect(), { name: 'AbortError' });
  });

  it('asks nothing once it was told', async () => {
    await assert.rejects(boundedClient(docker, AbortSignal.abort()).createVolume({ Name: 'v' }), {
      name: 'AbortError',
    });
    assert.deepEqual(asked, []);
  });

  it('waits a moment for what is being made, so that it can be removed', async () => {
    const controller = new AbortController();
    answer = (_request, response) => {
      controller.abort();
      setTimeout(() => response.writeHead(201, { 'content-type': 'application/json' }).end('{"Id":"made"}'), DELAY_MS);
    };
    const made = await boundedClient(docker, controller.signal).createContainer({ name: 'c', Image: 'i' });
    assert.equal(made.id, 'made');
  });

  it('gives up what is being made when the moment is over', async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    const making = boundedClient(docker, controller.signal, DELAY_MS).createContainer({ name: 'c', Image: 'i' });
    await assert.rejects(making, /no answer/);
  });
});
