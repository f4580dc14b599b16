import { type Bench, type BenchOptions, median, quantile, type Row } from './support/bench';
import { EdgesLab, type Round } from './support/edges-lab';

/*
 * A version of 5 MB on its way to all edges of a hub: how long until each of them says that it runs it, what leaves the
 * hub, what the hub needs for it, and what a command feels meanwhile. Each number of edges has a hub and a broker of
 * its own, the next after the last.
 */

const DEFAULT_EDGE_COUNT = 1_000;
const QUICK_EDGE_COUNT = 10;
/** From here on a round takes a minute, and the edges of this machine are slower than its broker. */
const LARGE_EDGE_COUNT = 1_000;
const LATE_RATIO = 0.05;
const IDLE_MS = 4_000;

interface Figures {
  readonly edgeCount: number;
  readonly lateCount: number;
  readonly connectedS: Float64Array;
  readonly idleMs: Float64Array;
  /** All edges are there. */
  readonly rounds: readonly Round[];
  /** Some of them come half-way; none with one edge. */
  readonly late: Round | undefined;
  readonly hubBytes: number;
  readonly brokerBytes: number;
}

/** 1, 10, 100 … and the number itself. */
function countsUpTo(edgeCount: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 1; count < edgeCount; count *= 10) counts.push(count);
  return [...counts, edgeCount];
}

async function measure(edgeCount: number, roundCount: number): Promise<Figures> {
  await using lab = await EdgesLab.start(edgeCount);
  const connectedS = await lab.connect();
  const idleMs = await lab.tripsMs(IDLE_MS);
  const rounds: Round[] = [];
  for (let round = 0; round < roundCount; round += 1) rounds.push(await lab.round(0));
  const lateCount = edgeCount === 1 ? 0 : Math.max(1, Math.round(edgeCount * LATE_RATIO));
  const late = lateCount > 0 ? await lab.round(lateCount) : undefined;
  return { edgeCount, lateCount, connectedS, idleMs, rounds, late, ...(await lab.peaks()) };
}

const medianOf = (rounds: readonly Round[], take: (round: Round) => number): number => median(rounds.map(take));
const secondsOf = (times: Float64Array): string =>
  `p95 ${quantile(times, 0.95).toFixed(2)} s, last ${quantile(times, 1).toFixed(2)} s`;
const tripsOf = (rounds: readonly Round[], ratio: number): number =>
  medianOf(rounds, ({ tripsMs }) => quantile(tripsMs, ratio));

function timeRows({ edgeCount, lateCount, connectedS, rounds, late }: Figures, first: Figures): Row[] {
  const half = (times: Float64Array): number => quantile(times, 0.5);
  const middle = [...rounds].sort((a, b) => half(a.convergedS) - half(b.convergedS))[rounds.length >> 1];
  const rows: Row[] = [
    {
      what: `${edgeCount} edges come at once: until the hub knows each, p50`,
      value: half(connectedS),
      unit: 's',
      note: secondsOf(connectedS),
    },
    {
      what: `5 MB at ${edgeCount} edges: until the hub knows that each runs it, p50`,
      value: half(middle?.convergedS ?? new Float64Array()),
      unit: 's',
      against: '1 edge',
      ratio:
        medianOf(rounds, (round) => half(round.convergedS)) / medianOf(first.rounds, (round) => half(round.convergedS)),
      note: secondsOf(middle?.convergedS ?? new Float64Array()),
    },
  ];
  if (!late) return rows;
  const ratio = half(late.lateS) / half(late.convergedS);
  const what = `${lateCount} of ${edgeCount} edges come half-way: from then on, p50`;
  return [
    ...rows,
    { what, value: half(late.lateS), unit: 's', against: 'the others', ratio, note: secondsOf(late.lateS) },
  ];
}

/** What is for all edges is to leave once; desired states are signed for each edge, so they are told apart. */
function egressRows({ edgeCount, lateCount, rounds, late }: Figures): Row[] {
  const row = (what: string, some: readonly Round[]): Row => {
    const ofFile = (round: Round): number => round.egressBytes - round.documentBytes;
    const ratio = medianOf(some, (round) => ofFile(round) / round.sizeBytes);
    const documents = medianOf(some, ({ documentBytes, sizeBytes }) => documentBytes / sizeBytes);
    const note = `and ${documents.toFixed(3)} x for ${edgeCount} desired states`;
    return { what, value: medianOf(some, ofFile) / 1e6, unit: 'MB', against: 'the file', ratio, note };
  };
  const all = row(`bytes out of the hub's socket for 5 MB to ${edgeCount} edges`, rounds);
  const rows: Row[] = [{ ...all, aim: { atMost: 1.2 } }];
  return late ? [...rows, row(`the same, ${lateCount} of them come half-way`, [late])] : rows;
}

function hubRows({ edgeCount, rounds, hubBytes, brokerBytes, idleMs }: Figures, first: Figures): Row[] {
  const cpuMs = medianOf(rounds, ({ hubCpuMs }) => hubCpuMs);
  const firstCpuMs = medianOf(first.rounds, ({ hubCpuMs }) => hubCpuMs);
  const against = '1 edge';
  return [
    {
      what: `processor time of the hub, 5 MB to ${edgeCount} edges`,
      value: cpuMs / 1_000,
      unit: 's',
      against,
      ratio: cpuMs / firstCpuMs,
      note: `${((cpuMs - firstCpuMs) / Math.max(1, edgeCount - 1)).toFixed(2)} ms more for each further edge`,
    },
    { what: 'most memory of the hub', value: hubBytes / 1e6, unit: 'MB', against, ratio: hubBytes / first.hubBytes },
    {
      what: 'most memory of the broker',
      value: brokerBytes / 1e6,
      unit: 'MB',
      against,
      ratio: brokerBytes / first.brokerBytes,
    },
    ...[0.5, 0.95].map((ratio): Row => {
      const [busy, idle] = [tripsOf(rounds, ratio), quantile(idleMs, ratio)];
      const what = `a command and its answer while 5 MB go to ${edgeCount} edges, p${ratio * 100}`;
      return {
        what,
        value: busy,
        unit: 'ms',
        against: 'idle',
        ratio: busy / idle,
        note: `idle: ${idle.toFixed(1)} ms`,
      };
    }),
  ];
}

async function run({ isQuick, edgeCount }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let first: Figures | undefined;
  for (const count of countsUpTo(edgeCount ?? (isQuick ? QUICK_EDGE_COUNT : DEFAULT_EDGE_COUNT))) {
    const figures = await measure(count, isQuick || count >= LARGE_EDGE_COUNT ? 1 : 3);
    first ??= figures;
    rows.push(...timeRows(figures, first), ...egressRows(figures), ...hubRows(figures, first));
  }
  return rows;
}

export const bench: Bench = {
  name: 'edges',
  title: 'a hub and its edges over mosquitto, in processes of their own',
  run,
};
