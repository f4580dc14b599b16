import { fetcherDefaults, publisherDefaults } from '../lib/edges/artifacts';
import { ArtifactLab, digestOf, type TestEdge } from '../test/support/artifact-lab';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, quantile, type Row } from './support/bench';
import { roundTripsMs } from './support/round-trips';

/* What leaves the hub for a file to N edges, how long it takes beside sending it to each, and what control messages feel. */

const SIZE_BYTES = 5_000_000;
const CHUNK_BYTES = publisherDefaults.chunkBytes;
const never = new AbortController().signal;

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1_000;
};

async function takeNew(lab: ArtifactLab, edges: readonly TestEdge[]): Promise<void> {
  const artifact = lab.offer(SIZE_BYTES);
  await Promise.all(edges.map(({ fetcher }) => fetcher.fetch(artifact, { signal: never })));
  lab.offered.delete(artifact.digest);
}

async function egress(edgeCount: number, roundCount: number): Promise<Row> {
  await using lab = await ArtifactLab.start({ settings: publisherDefaults });
  const edges = await lab.edges(edgeCount, { settings: fetcherDefaults });
  const ratios: number[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    const before = lab.hubBus.egressBytes;
    await takeNew(lab, edges);
    ratios.push((lab.hubBus.egressBytes - before) / SIZE_BYTES);
  }
  const value = median(ratios);
  return {
    what: `bytes out of the hub's socket, 5 MB to ${edgeCount} edges`,
    value: (value * SIZE_BYTES) / 1e6,
    unit: 'MB',
    against: 'the file',
    ratio: value,
    aim: { atMost: 1.2 },
    note: `worst of ${roundCount}: ${Math.max(...ratios).toFixed(2)} x`,
  };
}

/** The plain way: the hub sends the file to one edge after the other, each chunk acknowledged by the broker. */
async function sendToEach(lab: ArtifactLab, edges: readonly TestEdge[], file: Buffer): Promise<void> {
  const wanted = digestOf(file);
  const chunkCount = Math.ceil(file.length / CHUNK_BYTES);
  for (const [k, { bus }] of edges.entries()) {
    const chunks: Buffer[] = [];
    const done = Promise.withResolvers<void>();
    const end = await bus.subscribe(`plain/${k}/+`, ({ payload }) => {
      if (chunks.push(payload) < chunkCount) return;
      if (digestOf(Buffer.concat(chunks)) === wanted) done.resolve();
      else done.reject(new Error('came as something else'));
    });
    for (let n = 0; n < chunkCount; n += 1) {
      await lab.hubBus.publish(`plain/${k}/${n}`, file.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES));
    }
    await done.promise;
    await end();
  }
}

async function besidePlain(edgeCount: number, roundCount: number): Promise<Row> {
  // Without a limit to the rate, which the plain way has not.
  await using lab = await ArtifactLab.start({ settings: { ...publisherDefaults, bytesPerSecond: 1e9 } });
  const edges = await lab.edges(edgeCount, { settings: fetcherDefaults });
  const file = lab.offered.get(lab.offer(SIZE_BYTES).digest) ?? Buffer.alloc(0);
  const { ours = [], plain = [] } = await inTurns(
    {
      ours: () => seconds(() => takeNew(lab, edges)),
      plain: () => seconds(() => sendToEach(lab, edges, file)),
    },
    roundCount,
  );
  return {
    what: `5 MB at ${edgeCount} edges, no limit to the rate`,
    value: median(ours),
    unit: 's',
    against: 'sent to each in turn, not resumable',
    ratio: medianRatio(ours, plain),
    note: `0.25 to 1.25 s of it gather wants; plain: ${median(plain).toFixed(2)} s`,
  };
}

/** Round trips of commands until `isOver`. */
async function tripsMs(lab: ArtifactLab, edge: TestEdge, isOver: () => boolean): Promise<Float64Array> {
  let arrive = (): void => undefined;
  const end = await edge.bus.subscribe('edges/a/command', () => arrive());
  const trip = (): Promise<unknown> => {
    const back = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    return Promise.all([lab.hubBus.publish('edges/a/command', '{}'), back]);
  };
  const trips = await roundTripsMs(trip, isOver, 5);
  await end();
  return Float64Array.from(trips);
}

async function control(roundCount: number): Promise<readonly Row[]> {
  await using lab = await ArtifactLab.start({ settings: publisherDefaults });
  const edges = await lab.edges(10, { settings: fetcherDefaults });
  const [edge] = edges;
  if (!edge) throw new Error('no edge');
  const idleFor = (ms: number): (() => boolean) => {
    const endMs = performance.now() + ms;
    return () => performance.now() > endMs;
  };
  const { idle = [], busy = [] } = await inTurns(
    {
      idle: () => tripsMs(lab, edge, idleFor(2_000)),
      busy: async () => {
        let isOver = false;
        const transfer = takeNew(lab, edges).finally(() => {
          isOver = true;
        });
        const trips = await tripsMs(lab, edge, () => isOver);
        await transfer;
        return trips;
      },
    },
    roundCount,
  );
  return [0.5, 0.99].map((ratio) => {
    const of = (rounds: readonly Float64Array[]): number[] => rounds.map((trips) => quantile(trips, ratio));
    return {
      what: `a command while 5 MB go to 10 edges, p${ratio * 100}`,
      value: median(of(busy)),
      unit: 'ms',
      against: 'idle',
      ratio: medianRatio(of(busy), of(idle)),
      note: `idle: ${median(of(idle)).toFixed(2)} ms`,
    };
  });
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  const roundCount = isQuick ? 1 : 5;
  const rows: Row[] = [];
  for (const edgeCount of isQuick ? [1, 10] : [1, 10, 100]) rows.push(await egress(edgeCount, roundCount));
  for (const edgeCount of [1, 10]) rows.push(await besidePlain(edgeCount, roundCount));
  return [...rows, ...(await control(roundCount))];
}

export const bench: Bench = {
  name: 'artifacts',
  title: 'files to edges over mosquitto, all edges in one process',
  run,
};
