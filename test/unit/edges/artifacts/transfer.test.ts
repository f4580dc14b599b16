import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { manifestOf, pageMessage, sha256 } from '../../../../lib/edges/artifacts/manifest';
import { monotonicClock } from '../../../../lib/edges/artifacts/monotonic-clock';
import { chunkTopic, manifestTopic } from '../../../../lib/edges/artifacts/topics';
import { Transfer } from '../../../../lib/edges/artifacts/transfer';
import type { Bus, BusMessage } from '../../../../lib/edges/bus';
import { silentLog } from '../../../../lib/log';
import { digestOf } from '../../../support/artifact-lab';
import { temporaryFolder } from '../../../support/temporary-folder';
import { waitFor } from '../../../support/wait-for';

const CHUNK_BYTES = 65_536;
const QUIET_MS = 400;

/** A connection whose other side is the test. */
class HandBus implements Bus {
  readonly wants: string[] = [];
  readonly #listeners = new Map<string, (message: BusMessage) => void>();

  async publish(_topic: string, payload: Buffer | string): Promise<void> {
    this.wants.push(String(payload));
  }
  async subscribe(filter: string, listener: (message: BusMessage) => void): Promise<() => Promise<void>> {
    this.#listeners.set(filter, listener);
    return async () => void this.#listeners.delete(filter);
  }
  onConnection(listener: (isConnected: boolean) => void): () => void {
    listener(true);
    return () => undefined;
  }
  deliver(filter: string, topic: string, payload: Buffer): void {
    this.#listeners.get(filter)?.({ topic, payload, isRetained: false });
  }
}

/** One of three chunks, which has its manifest and has asked for them. */
async function aTransfer(path: string) {
  const bus = new HandBus();
  const bytes = randomBytes(3 * CHUNK_BYTES);
  const digest = digestOf(bytes);
  const chunks = [0, 1, 2].map((n) => bytes.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES));
  const manifest = manifestOf(digest, bytes.length, CHUNK_BYTES, chunks.map(sha256));
  const deliver = (n: number): void => {
    bus.deliver(`artifacts/${digest}/chunk/+`, chunkTopic(digest, n), chunks[n] ?? Buffer.alloc(0));
  };
  const transfer = new Transfer({
    digest,
    sizeBytes: bytes.length,
    folder: join(path, 'partial'),
    target: join(path, 'whole'),
    bus,
    log: silentLog,
    clock: monotonicClock,
    random: () => 0.5,
    timing: { jitterMs: 1, quietMs: QUIET_MS, maxQuietMs: QUIET_MS, stallMs: 60_000, windowCount: 8 },
    onProgress: () => undefined,
  });
  const done = transfer.run(new AbortController().signal);
  await waitFor(() => bus.wants.length > 0, { intervalMs: 1 });
  bus.deliver(manifestTopic(digest), manifestTopic(digest), manifest.rootMessage);
  for (const [index, page] of manifest.pages.entries()) {
    bus.deliver(manifestTopic(digest), manifestTopic(digest), pageMessage(index, page));
  }
  await waitFor(() => bus.wants.some((want) => want.includes('chunks')), { intervalMs: 1 });
  return { bus, chunkNumbers: [...chunks.keys()], deliver, done };
}

describe('a transfer', () => {
  it('GIVEN_a_thread_that_was_busy_WHEN_what_came_meanwhile_is_not_read_yet_THEN_nothing_is_asked_for_again', async () => {
    await using folder = await temporaryFolder();
    const { bus, chunkNumbers, deliver, done } = await aTransfer(folder.path);
    const wantCount = bus.wants.length;
    for (const n of chunkNumbers) {
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          setImmediate(() => {
            deliver(n);
            resolve();
          });
          // Busy for longer than the silence after which it is asked again; timers that are due come before the socket.
          for (const untilMs = performance.now() + 2 * QUIET_MS; performance.now() < untilMs; );
        });
      });
    }
    await done;
    assert.equal(bus.wants.length, wantCount, bus.wants.join('\n'));
  });

  it('GIVEN_a_chunk_that_comes_again_and_again_THEN_it_leaves_room_for_the_others', async () => {
    await using folder = await temporaryFolder();
    const { bus, chunkNumbers, deliver, done } = await aTransfer(folder.path);
    const wantCount = bus.wants.length;
    // More than may wait for the disk.
    for (let time = 0; time < 300; time += 1) deliver(0);
    for (const n of chunkNumbers) deliver(n);
    await done;
    assert.equal(bus.wants.length, wantCount, bus.wants.join('\n'));
  });
});
