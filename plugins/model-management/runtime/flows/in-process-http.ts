import { createServer, type OutgoingHttpHeaders, request, type Server } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Server as TlsServer } from 'node:tls';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * Asks a server of this process without a network: it may listen on a pipe or not yet, its certificate is seldom one for
 * loopback, and it may want one of its clients. To whatever handles requests, it is a client on this machine.
 */
export function inProcessClient(server: Server): HttpClient {
  // Listens nowhere.
  const front = createServer((incoming, response) => server.emit('request', incoming, response));
  const seen = { remoteAddress: '127.0.0.1', encrypted: server instanceof TlsServer };
  return ({ body, ...options }) =>
    new Promise((resolve, reject) => {
      const [near, far] = duplexPair();
      tie(near, far);
      tie(far, near);
      const outgoing = request({ ...options, createConnection: () => near });
      outgoing.on('error', reject);
      outgoing.once('response', (response) => {
        text(response).then((all) => resolve({ status: response.statusCode ?? 0, text: all }), reject);
      });
      front.emit('connection', Object.assign(far, seen));
      outgoing.end(body);
    });
}

/** Of a pair, the other does not hear that one broke off. */
function tie(one: Duplex, other: Duplex): void {
  one.once('close', () => {
    if (!one.writableFinished) other.destroy();
  });
}
