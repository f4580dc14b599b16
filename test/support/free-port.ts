import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below the ports that systems give to whoever asks for any, so that nobody is given one of ours before it is used. */
const FIRST_PORT = 15_000;
const BLOCK_SIZE = 1_000;
const BLOCK_COUNT = 17;

/** The ports of this process; it keeps the first one taken as long as it lives, so that no other has the block too. */
let block: Promise<number> | undefined;
let next = 0;

/**
 * A TCP port of the loopback interface that was free a moment ago, that this process has not been given before (as far
 * as they go), and that no other process of the tests is given, also while nobody listens on it yet or any more.
 */
export async function freePort(): Promise<number> {
  block ??= claimBlock();
  const first = await block;
  for (let tries = 1; tries < BLOCK_SIZE; tries += 1) {
    next = (next % (BLOCK_SIZE - 1)) + 1;
    const port = first + next;
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

async function claimBlock(): Promise<number> {
  const start = randomInt(BLOCK_COUNT);
  for (let tries = 0; tries < BLOCK_COUNT; tries += 1) {
    const first = FIRST_PORT + ((start + tries) % BLOCK_COUNT) * BLOCK_SIZE;
    const server = await listenOn(first);
    if (!server) continue;
    server.unref();
    return first;
  }
  throw new Error(`all ${BLOCK_COUNT} blocks of ports are taken by other processes`);
}

async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server) await new Promise((resolve) => server.close(resolve));
  return server !== undefined;
}

/** Undefined where somebody else listens. */
function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
