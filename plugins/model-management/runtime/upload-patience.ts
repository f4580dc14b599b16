import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** An upload that brings nothing for so long is given up. */
const silenceLimitMs = 120_000;

interface Patience {
  uploadCount: number;
  readonly requestTimeoutMs: number;
}

const patient = new Map<Server, Patience>();

/**
 * Node's HTTP server cuts every request that has not arrived after 5 minutes, which a model of 2 GiB does only on a
 * line of 57 Mbit/s or more. While an upload comes in, the server waits as long as bytes keep coming. The limit is one
 * for all connections of the server, so it is lifted for as short a time as possible; that for headers stays.
 */
export async function duringUpload<T>(request: IncomingMessage, work: () => Promise<T>): Promise<T> {
  const { server } = request.socket as Socket & { readonly server?: Server };
  if (typeof server?.requestTimeout !== 'number') return work();
  const entry = patient.get(server) ?? { uploadCount: 0, requestTimeoutMs: server.requestTimeout };
  patient.set(server, entry);
  entry.uploadCount += 1;
  server.requestTimeout = 0;
  // Without a listener for it, Node ends the connection when this time is over.
  request.setTimeout(silenceLimitMs);
  const stopListening = (): void => void request.setTimeout(0);
  request.once('end', stopListening);
  try {
    return await work();
  } finally {
    request.off('end', stopListening);
    stopListening();
    entry.uploadCount -= 1;
    if (entry.uploadCount === 0) {
      patient.delete(server);
      server.requestTimeout = entry.requestTimeoutMs;
    }
  }
}
