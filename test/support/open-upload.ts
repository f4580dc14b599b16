import { connect, type Socket } from 'node:net';
import type { NodeRed } from './node-red';

/** An upload whose client does as it likes: the head of the request is sent, the rest is up to the caller, also its end. */
export async function openUpload(
  nodeRed: NodeRed,
  path: string,
  headers: Readonly<Record<string, string | number>>,
): Promise<Socket> {
  const base = new URL(nodeRed.url);
  const socket = connect(Number(base.port), base.hostname);
  socket.on('error', () => undefined);
  const all = {
    host: base.host,
    'x-model-management': '1',
    'content-type': 'application/octet-stream',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  await write(socket, `POST ${base.pathname}model-management/${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** Resolves when the bytes have left this process. */
export function write(socket: Socket, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}
