import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { NodeRed } from './node-red';

/**
 * What node is to be started with for {@link heldBytes}: its inspector listens on a free port of this machine, and code
 * that ran once is kept. V8 else gives up some MiB of it at some time, as if something had been set free.
 */
export const inspectable: readonly string[] = ['--inspect=127.0.0.1:0', '--no-flush-bytecode'];

/** What is just under way, as an answer to an editor is, is there at one time and not at another. */
const READINGS = 5;

/**
 * What the JavaScript of an {@link inspectable} Node-RED still holds once all garbage is collected, in bytes, buffers
 * included. Asked by the inspector: nothing in the process is made for it.
 */
export async function heldBytes(nodeRed: NodeRed): Promise<number> {
  const address = /Debugger listening on (ws:\S+)/.exec(nodeRed.log)?.[1];
  assert.ok(address, 'Node-RED was not started to be inspected');
  const socket = new WebSocket(address);
  try {
    await once(socket, 'open');
    const readings: number[] = [];
    while (readings.length < READINGS) readings.push(await readHeld(socket));
    return Math.min(...readings);
  } finally {
    socket.close();
  }
}

async function readHeld(socket: WebSocket): Promise<number> {
  await ask(socket, 'HeapProfiler.collectGarbage');
  const { result } = await ask<{ readonly result: { readonly value: NodeJS.MemoryUsage } }>(
    socket,
    'Runtime.evaluate',
    { expression: 'process.memoryUsage()', returnByValue: true },
  );
  return result.value.heapUsed + result.value.arrayBuffers;
}

/** One question at a time. @see https://chromedevtools.github.io/devtools-protocol/v8/ */
async function ask<T = unknown>(socket: WebSocket, method: string, params: object = {}): Promise<T> {
  socket.send(JSON.stringify({ id: 1, method, params }));
  const [{ data }] = (await once(socket, 'message')) as [MessageEvent<string>];
  const { result, error } = JSON.parse(data) as { readonly result?: T; readonly error?: { readonly message: string } };
  if (result === undefined) throw new Error(`${method}: ${error?.message}`);
  return result;
}
