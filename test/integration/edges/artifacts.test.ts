import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Artifact, fetcherDefaults, publisherDefaults } from '../../../lib/edges/artifacts';
import { manifestOf, pageMessage, sha256 } from '../../../lib/edges/artifacts/manifest';
import { chunkTopic, manifestTopic, wantTopic } from '../../../lib/edges/artifacts/topics';
import { ArtifactLab, digestOf, isTaken, type TestEdge } from '../../support/artifact-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { MqttBus } from '../../support/mqtt-bus';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const never = new AbortController().signal;
const SIZE_BYTES = 5_000_000;
const takeAll = (edges: readonly TestEdge[], artifact: Artifact): Promise<string[]> =>
  Promise.all(edges.map(({ fetcher }) => fetcher.fetch(artifact, { signal: never })));

async function assertAllTaken(edges: readonly TestEdge[], files: readonly string[], artifact: Artifact): Promise<void> {
  for (const [n, edge] of edges.entries()) assert.ok(await isTaken(edge, files[n] ?? '', artifact), `edge ${n}`);
}

describe('artifacts over mosquitto', function () {
  this.timeout(60_000);
  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  for (const edgeCount of [1, 10, 50]) {
    it(`leave the hub once for ${edgeCount} edges`, async () => {
      await using lab = await ArtifactLab.start({ settings: publisherDefaults });
      const artifact = lab.offer(SIZE_BYTES);
      const edges = await lab.edges(edgeCount, { settings: fetcherDefaults });
      lab.publishOnceHeardBy(edges);
      const beforeBytes = lab.hubBus.egressBytes;
      const files = await takeAll(edges, artifact);
      await assertAllTaken(edges, files, artifact);
      const egressRatio = (lab.hubBus.egressBytes - beforeBytes) / SIZE_BYTES;
      assert.ok(egressRatio < 1.2, `${egressRatio.toFixed(3)} times the artifact left the hub`);
    });
  }

  it('of any size come whole: nothing, one byte, one chunk, one more', async () => {
    await using lab = await ArtifactLab.start();
    const edge = await lab.edge();
    for (const sizeBytes of [0, 1, 65_536, 65_537]) {
      const artifact = lab.offer(sizeBytes);
      const file = await edge.fetcher.fetch(artifact, { signal: never });
      assert.ok(await isTaken(edge, file, artifact), `${sizeBytes} bytes`);
    }
  });

  it('come side by side, and those that are there come at once, without a broker', async () => {
    await using lab = await ArtifactLab.start();
    const edge = await lab.edge({ settings: { maxConcurrent: 2 } });
    const artifacts = [300_000, 400_000, 500_000, 600_000].map((sizeBytes) => lab.offer(sizeBytes));
    const fetchAll = (): Promise<string[]> =>
      Promise.all(artifacts.map((artifact) => edge.fetcher.fetch(artifact, { signal: never })));
    const files = await fetchAll();
    await lab.broker.pause();
    assert.deepEqual(await fetchAll(), files);
    for (const [n, artifact] of artifacts.entries()) assert.ok(await isTaken(edge, files[n] ?? '', artifact));
  });

  it('serve who comes late, whatever it missed', async () => {
    await using lab = await ArtifactLab.start({ settings: { bytesPerSecond: 4e6 } });
    const artifact = lab.offer(SIZE_BYTES);
    const [early, late] = await lab.edges(2);
    assert.ok(early && late);
    let isHalf = false;
    const first = early.fetcher.fetch(artifact, {
      signal: never,
      onProgress: ({ receivedBytes }) => {
        isHalf ||= receivedBytes > SIZE_BYTES / 2;
      },
    });
    await waitFor(() => isHalf);
    const files = await Promise.all([first, late.fetcher.fetch(artifact, { signal: never })]);
    await assertAllTaken([early, late], files, artifact);
    assert.ok(lab.publisher.figures().publishedBytes < 2 * SIZE_BYTES);
  });

  it('share one transfer between the calls of an edge; who gives up leaves the others', async () => {
    await using lab = await ArtifactLab.start({ settings: { bytesPerSecond: 4e6 } });
    const artifact = lab.offer(1_000_000);
    const edge = await lab.edge();
    const giveUp = new AbortController();
    const given = edge.fetcher.fetch(artifact, { signal: giveUp.signal, onProgress: () => giveUp.abort() });
    const kept = edge.fetcher.fetch(artifact, { signal: never });
    await assert.rejects(given, { code: 'ABORTED' });
    assert.ok(await isTaken(edge, await kept, artifact));
  });

  it('go on where they were given up', async () => {
    // A silence makes the edge ask again for what is under way, which is little here.
    await using lab = await ArtifactLab.start({ settings: { bytesPerSecond: 4e6, inFlightCount: 2 } });
    const artifact = lab.offer(SIZE_BYTES);
    const edge = await lab.edge();
    const giveUp = new AbortController();
    let receivedBytes = 0;
    const onProgress = (progress: { receivedBytes: number }): void => {
      receivedBytes = progress.receivedBytes;
      if (receivedBytes > SIZE_BYTES / 2) giveUp.abort();
    };
    await assert.rejects(edge.fetcher.fetch(artifact, { signal: giveUp.signal, onProgress }), { code: 'ABORTED' });
    await lab.untilAllIsPublished(artifact);
    const before = lab.publisher.figures().publishedBytes;
    const first = Promise.withResolvers<number>();
    const again = {
      signal: never,
      onProgress: (progress: { receivedBytes: number }) => first.resolve(progress.receivedBytes),
    };
    const [firstBytes, file] = await Promise.all([first.promise, edge.fetcher.fetch(artifact, again)]);
    assert.ok(await isTaken(edge, file, artifact));
    assert.ok(firstBytes >= receivedBytes, `began with ${firstBytes} of ${receivedBytes} bytes`);
    assert.ok(lab.publisher.figures().publishedBytes - before < 0.6 * SIZE_BYTES);
  });

  it('that nobody offers are told as NOT_FOUND, and come once they are offered', async () => {
    await using lab = await ArtifactLab.start();
    const artifact = lab.offer(100_000);
    const bytes = lab.offered.get(artifact.digest);
    assert.ok(bytes);
    lab.offered.delete(artifact.digest);
    const edge = await lab.edge();
    await assert.rejects(edge.fetcher.fetch(artifact, { signal: never }), { code: 'NOT_FOUND' });
    lab.offered.set(artifact.digest, bytes);
    assert.ok(await isTaken(edge, await edge.fetcher.fetch(artifact, { signal: never }), artifact));
  });

  it('that are damaged at the hub are never published', async () => {
    await using lab = await ArtifactLab.start();
    const artifact = lab.offer(200_000);
    lab.offered.set(artifact.digest, randomBytes(200_000));
    const edge = await lab.edge();
    await assert.rejects(edge.fetcher.fetch(artifact, { signal: never }), { code: 'NOT_FOUND' });
    assert.equal(lab.publisher.figures().chunkCount, 0);
  });

  it('are given up when the hub is silent', async () => {
    await using lab = await ArtifactLab.start();
    const artifact = lab.offer(100_000);
    await lab.stopPublisher();
    const edge = await lab.edge({ settings: { stallMs: 500 } });
    await assert.rejects(edge.fetcher.fetch(artifact, { signal: never }), { code: 'TIMEOUT' });
  });

  it('are removed unless they are named or on their way', async () => {
    await using lab = await ArtifactLab.start({ settings: { bytesPerSecond: 1e6 } });
    const edge = await lab.edge();
    const [kept, left, partial, running] = [300_000, 100_000, 500_000, 600_000].map((size) => lab.offer(size));
    assert.ok(kept && left && partial && running);
    await edge.fetcher.fetch(kept, { signal: never });
    const leftFile = await edge.fetcher.fetch(left, { signal: never });
    const giveUp = new AbortController();
    const onProgress = ({ receivedBytes }: { receivedBytes: number }): void => {
      if (receivedBytes > 0) giveUp.abort();
    };
    const given = { signal: giveUp.signal, onProgress };
    await assert.rejects(edge.fetcher.fetch(partial, given), { code: 'ABORTED' });
    const isBegun = Promise.withResolvers<void>();
    const coming = edge.fetcher.fetch(running, { signal: never, onProgress: () => isBegun.resolve() });
    await isBegun.promise;
    // It is not whole before it was seen what is there.
    await lab.stopPublisher();
    const collecting = edge.fetcher.collect((digest) => digest === kept.digest);
    await waitFor(() => !existsSync(leftFile));
    await lab.startPublisher();
    const { removed, freedBytes } = await collecting;
    assert.deepEqual(new Set(removed), new Set([left.digest, partial.digest]));
    assert.ok(freedBytes > left.sizeBytes);
    assert.ok(await isTaken(edge, await coming, running));
    assert.deepEqual(
      (await readdir(join(edge.path, 'blobs', 'sha256'), { recursive: true })).filter((name) => name.length > 64)
        .length,
      2,
    );
  });

  it('beyond the quota are refused with STORAGE_FULL until something goes', async () => {
    await using lab = await ArtifactLab.start();
    const edge = await lab.edge({ settings: { maxBytes: 1_000_000 } });
    const [first, second] = [lab.offer(600_000), lab.offer(500_000)];
    await edge.fetcher.fetch(first, { signal: never });
    await assert.rejects(edge.fetcher.fetch(second, { signal: never }), {
      code: 'STORAGE_FULL',
      message: /600000 of the 1000000/,
    });
    await edge.fetcher.collect(() => false);
    assert.ok(await isTaken(edge, await edge.fetcher.fetch(second, { signal: never }), second));
  });

  it('on their way at the same time share the quota', async () => {
    await using lab = await ArtifactLab.start();
    const edge = await lab.edge({ settings: { maxBytes: 1_000_000 } });
    const outcomes = await Promise.allSettled(
      [lab.offer(600_000), lab.offer(600_000)].map((artifact) => edge.fetcher.fetch(artifact, { signal: never })),
    );
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  it('are wanted by strangers without harm', async () => {
    await using lab = await ArtifactLab.start();
    const artifact = lab.offer(1_000_000);
    await using stranger = await MqttBus.connect(lab.broker.url);
    const payloads = [
      '',
      '{',
      '[]',
      '{"v":1,"root":"0","chunks":[]}',
      JSON.stringify({ v: 1, chunks: [[0, 1e9]] }),
      randomBytes(100_000),
    ];
    for (const payload of payloads) await stranger.publish(wantTopic(artifact.digest), payload);
    for (let n = 0; n < 500; n += 1)
      await stranger.publish(wantTopic(digestOf(Buffer.from(`${n}`))), '{"v":1}', { qos: 0 });
    await stranger.publish('artifacts/x/want', '{"v":1}');
    await stranger.publish(wantTopic(artifact.digest), '{"v":1}', { retain: true });
    const edge = await lab.edge();
    assert.ok(await isTaken(edge, await edge.fetcher.fetch(artifact, { signal: never }), artifact));
    assert.ok(lab.publisher.figures().refusedWantCount >= payloads.length);
  });

  it('refuse what strangers publish: manifests that are not signed, chunks that are wrong', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await using lab = await ArtifactLab.start({
      sign: (data) => sign(null, data, privateKey),
      settings: { bytesPerSecond: 4e6 },
    });
    const artifact = lab.offer(SIZE_BYTES);
    const edge = await lab.edge({ verify: (data, signature) => verify(null, data, publicKey, signature) });
    await using forger = await Forger.start(lab, artifact);
    const file = await edge.fetcher.fetch(artifact, { signal: never });
    assert.ok(await isTaken(edge, file, artifact));
    assert.deepEqual(await readFile(file), lab.offered.get(artifact.digest));
    assert.ok(forger.forgedCount > 50, `${forger.forgedCount} forged messages`);
  });
});

/** Answers each want and each chunk with wrong ones of its own. */
class Forger implements AsyncDisposable {
  forgedCount = 0;

  private constructor(private readonly bus: MqttBus) {}

  static async start(lab: ArtifactLab, { digest, sizeBytes }: Artifact): Promise<Forger> {
    const forger = new Forger(await MqttBus.connect(lab.broker.url));
    const leaves = Array.from({ length: Math.ceil(sizeBytes / 65_536) }, () => sha256(randomBytes(8)));
    const forged = manifestOf(digest, sizeBytes, 65_536, leaves);
    const publish = (topic: string, payload: Buffer): void => {
      forger.forgedCount += 1;
      void forger.bus.publish(topic, payload, { qos: 0 }).catch(() => undefined);
    };
    await forger.bus.subscribe(wantTopic(digest), () => {
      publish(manifestTopic(digest), forged.rootMessage);
      publish(manifestTopic(digest), pageMessage(0, forged.pages[0] ?? Buffer.alloc(0)));
      for (const n of [0, 1, 5]) publish(chunkTopic(digest, n), randomBytes(65_536));
    });
    await forger.bus.subscribe(chunkTopic(digest, 0).replace(/0$/, '+'), ({ topic, payload }) => {
      // Its own come back to it as well.
      const n = Number(topic.split('/').at(-1));
      if (forger.forgedCount > 400) return;
      publish(chunkTopic(digest, n + 1), payload);
      publish(chunkTopic(digest, n + 2), payload.subarray(1));
      publish(chunkTopic(digest, 99_999), payload);
    });
    return forger;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus[Symbol.asyncDispose]();
  }
}
