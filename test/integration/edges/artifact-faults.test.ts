import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, FetchProgress } from '../../../lib/edges/artifacts';
import { manifestOf, pageMessage, sha256 } from '../../../lib/edges/artifacts/manifest';
import { publisherDefaults } from '../../../lib/edges/artifacts/publisher';
import { allChunksOf, chunkTopic, manifestTopic, wantTopic } from '../../../lib/edges/artifacts/topics';
import { smallDisk } from '../../fault/store/small-disk';
import { storeProgram } from '../../fault/store/store-process';
import { ArtifactLab, isTaken, openFetcher, type TestEdge } from '../../support/artifact-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { MqttBus } from '../../support/mqtt-bus';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const never = new AbortController().signal;
const SIZE_BYTES = 5_000_000;
/** A silence makes edges ask again for what is under way, which is little here. */
const MODERATE = { settings: { bytesPerSecond: 4e6, inFlightCount: 2 } } as const;

/** A fetch under way, and how far it is. */
function fetching({ fetcher }: TestEdge, artifact: Artifact, signal = never) {
  const seen: number[] = [];
  const onProgress = ({ receivedBytes }: FetchProgress): void => void seen.push(receivedBytes);
  const done = fetcher.fetch(artifact, { signal, onProgress });
  // Its failure is told where it is awaited.
  done.catch(() => undefined);
  return { done, seen, isBeyond: (ratio: number) => (seen.at(-1) ?? 0) > ratio * artifact.sizeBytes };
}

describe('faults while artifacts travel', function () {
  this.timeout(60_000);
  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  it('GIVEN_a_transfer_WHEN_the_broker_ends_AND_is_killed_THEN_all_edges_finish_it', async () => {
    await using lab = await ArtifactLab.start(MODERATE);
    const artifact = lab.offer(SIZE_BYTES);
    const edges = await lab.edges(3);
    const transfers = edges.map((edge) => fetching(edge, artifact));
    for (const [ratio, signal] of [
      [0.2, 'SIGTERM'],
      [0.6, 'SIGKILL'],
    ] as const) {
      await waitFor(() => transfers.some(({ isBeyond }) => isBeyond(ratio)));
      await lab.broker.pause(signal);
      await lab.broker.resume();
    }
    for (const [n, edge] of edges.entries()) assert.ok(await isTaken(edge, (await transfers[n]?.done) ?? '', artifact));
    assert.ok(lab.publisher.figures().publishedBytes < 2 * SIZE_BYTES);
  });

  it('GIVEN_a_transfer_WHEN_the_hub_restarts_with_chunks_of_another_size_THEN_it_is_finished_with_what_was_there', async () => {
    await using lab = await ArtifactLab.start(MODERATE);
    const artifact = lab.offer(SIZE_BYTES);
    const edge = await lab.edge();
    const transfer = fetching(edge, artifact);
    await waitFor(() => transfer.isBeyond(0.4));
    await lab.stopPublisher();
    await lab.startPublisher({ settings: { ...MODERATE.settings, chunkBytes: 131_072 } });
    assert.ok(await isTaken(edge, await transfer.done, artifact));
    assert.ok(lab.publisher.figures().publishedBytes < 0.8 * SIZE_BYTES);
  });

  it('GIVEN_a_process_that_fetches_WHEN_it_is_killed_again_and_again_THEN_it_goes_on_where_it_was', async function () {
    this.timeout(120_000);
    await using lab = await ArtifactLab.start(MODERATE);
    await using program = await storeProgram(join(__dirname, 'fetch-program.ts'));
    const artifact = lab.offer(SIZE_BYTES);
    const path = join(lab.folder.path, 'killed');
    const start = () => program.start([lab.broker.url, path, artifact.digest, String(SIZE_BYTES)]);
    const numbersOf = (output: string): number[] => output.split('\n').filter(Boolean).map(Number);
    let beforeBytes = 0;
    for (const ratio of [0.2, 0.5, 0.8]) {
      await using fetcher = start();
      await waitFor(() => (numbersOf(fetcher.output()).at(-1) ?? 0) > ratio * SIZE_BYTES, {
        what: () => `${ratio} of the artifact: ${fetcher.output().slice(-200)}`,
      });
      await fetcher.kill();
      const seen = numbersOf(fetcher.output());
      const firstBytes = seen.find((receivedBytes) => receivedBytes > 0) ?? 0;
      assert.ok(firstBytes >= beforeBytes, `began with ${firstBytes}, had ${beforeBytes}`);
      beforeBytes = seen.at(-1) ?? 0;
    }
    await using fetcher = start();
    await fetcher.ended();
    const file = fetcher.output().trim().split('\n').at(-1) ?? '';
    assert.deepEqual(await readFile(file), lab.offered.get(artifact.digest));
  });

  it('GIVEN_a_part_on_the_disk_WHEN_bytes_of_it_change_THEN_only_those_are_fetched_again', async () => {
    await using lab = await ArtifactLab.start(MODERATE);
    const artifact = lab.offer(SIZE_BYTES);
    const edge = await lab.edge();
    const giveUp = new AbortController();
    const transfer = fetching(edge, artifact, giveUp.signal);
    await waitFor(() => transfer.isBeyond(0.5));
    giveUp.abort();
    await assert.rejects(transfer.done, { code: 'ABORTED' });
    await lab.untilAllIsPublished(artifact);
    const [name = ''] = await readdir(join(edge.path, 'artifacts'));
    const data = join(edge.path, 'artifacts', name, 'data');
    const bytes = await readFile(data);
    await writeFile(data, bytes.fill(0, 70_000, 70_010));
    const before = lab.publisher.figures().publishedBytes;
    assert.ok(await isTaken(edge, await edge.fetcher.fetch(artifact, { signal: never }), artifact));
    assert.ok(lab.publisher.figures().publishedBytes - before < 0.6 * SIZE_BYTES);
  });

  it('GIVEN_manifests_without_signature_WHEN_a_stranger_forges_one_and_all_of_its_chunks_THEN_the_edge_recovers', async () => {
    await using lab = await ArtifactLab.start(MODERATE);
    const artifact = lab.offer(300_000);
    const edge = await lab.edge();
    await using stranger = await MqttBus.connect(lab.broker.url);
    const wrong = randomBytes(artifact.sizeBytes);
    const chunks = [0, 1, 2, 3, 4].map((n) => wrong.subarray(n * 65_536, (n + 1) * 65_536));
    const forged = manifestOf(artifact.digest, wrong.length, 65_536, chunks.map(sha256));
    let isAsked = false;
    // Faster than the hub, which gathers wants first.
    await stranger.subscribe(wantTopic(artifact.digest), () => {
      isAsked = true;
      const messages = [forged.rootMessage, pageMessage(0, forged.pages[0] ?? wrong)];
      for (const message of messages) void stranger.publish(manifestTopic(artifact.digest), message, { qos: 0 });
      for (const [n, chunk] of chunks.entries())
        void stranger.publish(chunkTopic(artifact.digest, n), chunk, { qos: 0 });
    });
    const transfer = fetching(edge, artifact);
    const file = await transfer.done;
    assert.ok(isAsked);
    assert.ok(transfer.seen.includes(artifact.sizeBytes) && transfer.seen.lastIndexOf(0) > 0, `${transfer.seen}`);
    assert.deepEqual(await readFile(file), lab.offered.get(artifact.digest));
  });

  it('GIVEN_manifests_without_signature_WHEN_a_stranger_forges_new_ones_for_ever_THEN_the_edge_gives_up_with_DIGEST_MISMATCH', async () => {
    await using lab = await ArtifactLab.start();
    const artifact = lab.offer(60_000);
    await lab.stopPublisher();
    const edge = await lab.edge();
    await using stranger = await MqttBus.connect(lab.broker.url);
    await stranger.subscribe(wantTopic(artifact.digest), () => {
      const wrong = randomBytes(artifact.sizeBytes);
      const forged = manifestOf(artifact.digest, wrong.length, 65_536, [sha256(wrong)]);
      const messages = [forged.rootMessage, pageMessage(0, forged.pages[0] ?? wrong)];
      for (const message of messages) void stranger.publish(manifestTopic(artifact.digest), message, { qos: 0 });
      void stranger.publish(chunkTopic(artifact.digest, 0), wrong, { qos: 0 });
    });
    await assert.rejects(edge.fetcher.fetch(artifact, { signal: never }), { code: 'DIGEST_MISMATCH' });
    assert.deepEqual(
      (await readdir(join(edge.path, 'blobs'), { recursive: true })).filter((name) => name.length > 64),
      [],
    );
  });

  it('GIVEN_a_stranger_who_replays_chunks_doubled_and_in_another_order_WHEN_edges_fetch_THEN_nothing_is_published_twice', async () => {
    await using lab = await ArtifactLab.start(MODERATE);
    const artifact = lab.offer(SIZE_BYTES);
    const edges = await lab.edges(2);
    lab.publishOnceHeardBy(edges);
    await using stranger = await MqttBus.connect(lab.broker.url);
    const heard = new Map<string, Buffer>();
    await stranger.subscribe(allChunksOf(artifact.digest), ({ topic, payload }) => {
      if (heard.has(topic)) return;
      heard.set(topic, payload);
      for (const [each, bytes] of [...heard].reverse().slice(0, 5)) {
        void stranger.publish(each, bytes, { qos: 0 }).catch(() => undefined);
      }
    });
    const files = await Promise.all(edges.map((edge) => fetching(edge, artifact).done));
    for (const [n, edge] of edges.entries()) assert.ok(await isTaken(edge, files[n] ?? '', artifact));
    assert.ok(lab.publisher.figures().chunkCount <= 1.1 * Math.ceil(SIZE_BYTES / 65_536));
  });

  it('GIVEN_a_disk_that_runs_full_amid_a_transfer_WHEN_there_is_room_again_THEN_it_goes_on_where_it_was', async function () {
    await using disk = await smallDisk(this, 8 * 1024 * 1024);
    await using lab = await ArtifactLab.start(MODERATE);
    const artifact = lab.offer(SIZE_BYTES);
    await using bus = await MqttBus.connect(lab.broker.url);
    const edge = { bus, path: disk.path, fetcher: await openFetcher(bus, disk.path) };
    const transfer = fetching(edge, artifact);
    await waitFor(() => transfer.isBeyond(0.3));
    // Nothing comes until the disk is full.
    await lab.stopPublisher();
    await disk.fill();
    await lab.startPublisher();
    await assert.rejects(transfer.done, { code: 'STORAGE_FULL' });
    await assert.rejects(edge.fetcher.fetch(artifact, { signal: never }), { code: 'STORAGE_FULL' });
    await disk.makeRoom();
    // What is still wanted by the fetch that failed is forgotten.
    await lab.stopPublisher();
    await lab.startPublisher();
    assert.ok(await isTaken(edge, await edge.fetcher.fetch(artifact, { signal: never }), artifact));
    assert.ok(lab.publisher.figures().publishedBytes < 0.8 * SIZE_BYTES);
  });

  it('GIVEN_no_broker_WHEN_a_fetch_is_cancelled_THEN_it_ends', async () => {
    await using lab = await ArtifactLab.start();
    const artifact = lab.offer(100_000);
    const edge = await lab.edge();
    await lab.broker.pause();
    const giveUp = new AbortController();
    const transfer = fetching(edge, artifact, giveUp.signal);
    await waitFor(async () => (await readdir(join(edge.path, 'artifacts')).catch(() => [])).length > 0);
    giveUp.abort();
    await assert.rejects(transfer.done, { code: 'ABORTED' });
    await lab.broker.resume();
  });

  it('GIVEN_a_transfer_WHEN_control_messages_pass_THEN_all_arrive', async () => {
    await using lab = await ArtifactLab.start();
    const artifact = lab.offer(SIZE_BYTES);
    const edge = await lab.edge();
    const tripsMs: number[] = [];
    const arrived = new Map<string, () => void>();
    await edge.bus.subscribe('edges/a/command', ({ payload }) => arrived.get(payload.toString())?.());
    const transfer = fetching(edge, artifact);
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    transfer.done.then(over, over);
    for (let n = 0; !isOver || n < 20; n += 1) {
      const startMs = performance.now();
      const back = new Promise<void>((resolve) => arrived.set(String(n), resolve));
      await lab.hubBus.publish('edges/a/command', String(n), { qos: 1 });
      await back;
      tripsMs.push(performance.now() - startMs);
    }
    assert.ok(await isTaken(edge, await transfer.done, artifact));
    tripsMs.sort((a, b) => a - b);
    const at = (ratio: number): string => (tripsMs[Math.floor(ratio * (tripsMs.length - 1))] ?? Number.NaN).toFixed(1);
    process.stdout.write(
      `      ${tripsMs.length} control messages: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, last ${at(1)} ms\n`,
    );
  });

  it('GIVEN_a_transfer_at_the_default_rate_WHEN_a_command_is_given_THEN_it_is_answered_while_most_chunks_are_still_to_come', async () => {
    await using lab = await ArtifactLab.start({ settings: { bytesPerSecond: publisherDefaults.bytesPerSecond } });
    const artifact = lab.offer(SIZE_BYTES);
    const edge = await lab.edge();
    const answers = new Map<string, () => void>();
    await lab.hubBus.subscribe('edges/a/event', ({ payload }) => answers.get(payload.toString())?.());
    await edge.bus.subscribe('edges/a/command', ({ payload }) => void edge.bus.publish('edges/a/event', payload));
    const chunkCount = (): number => lab.publisher.figures().chunkCount;
    const totalCount = Math.ceil(artifact.sizeBytes / publisherDefaults.chunkBytes);
    const transfer = fetching(edge, artifact);
    const overtaking: number[] = [];
    for (let at = 5; at < totalCount / 2; at += 5) {
      await waitFor(() => chunkCount() >= at, { what: () => `${at} chunks, not ${chunkCount()}`, intervalMs: 5 });
      const before = chunkCount();
      const answer = new Promise<void>((resolve) => answers.set(String(at), resolve));
      await lab.hubBus.publish('edges/a/command', String(at), { qos: 1 });
      await answer;
      overtaking.push(chunkCount() - before);
    }
    assert.ok(chunkCount() < totalCount, `all ${totalCount} were sent before the last answer`);
    // What may be under way to the broker, and as many from there.
    const most = 2 * publisherDefaults.inFlightCount;
    assert.ok(Math.max(...overtaking) <= most, `chunks between command and answer: ${overtaking}`);
    assert.ok(await isTaken(edge, await transfer.done, artifact));
  });
});
