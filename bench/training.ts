import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CollectionsLab } from '../test/support/collections-lab';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../test/support/docker-engine';
import { temporaryFolder } from '../test/support/temporary-folder';
import { TrainingLab } from '../test/support/training-lab';
import { type Bench, type BenchOptions, median, type Row } from './support/bench';

/* Rows in and out of a collection, and what a run costs beside its script. */

const BATCH_ROWS = 5_000;

const rowsOf = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    speed: index / 7,
    torque: index % 13,
    tool: `mill ${index % 20}`,
    ok: index % 2 === 0,
  }));

/** Of the process that reads, the most it ever held, in MiB; null where the system does not say. */
function readerPeakMiB(): number | null {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const isReader = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reader-process.js');
      if (!isReader || Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) !== process.pid) continue;
      return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
    } catch {
      // Gone meanwhile.
    }
  }
  return null;
}

async function collectionRows(rowCount: number): Promise<readonly Row[]> {
  await using lab = await CollectionsLab.open();
  const { collections } = lab;
  const batch = rowsOf(BATCH_ROWS);
  const fill = async (name: string, count: number): Promise<number> => {
    await collections.create({ name });
    const startMs = performance.now();
    for (let done = 0; done < count; done += BATCH_ROWS) await collections.insert(name, batch);
    return count / ((performance.now() - startMs) / 1_000);
  };
  const request = (name: string) => ({ query: `SELECT * FROM ${name}`, newData: [{ collection: name }], lagMs: 0 });
  // Beyond what any process takes to warm up.
  const fewCount = rowCount / 5;
  await fill('few', fewCount);
  const insertsPerSecond = await fill('many', rowCount);
  await collections.export('local', request('few'), lab.file('few.json'));
  const fewMiB = readerPeakMiB();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const startMs = performance.now();
  const { rows, sizeBytes } = await collections.export('local', request('many'), lab.file('many.json'));
  const seconds = (performance.now() - startMs) / 1_000;
  delay.disable();
  const manyMiB = readerPeakMiB();
  const title = `${rowCount.toLocaleString('en')} rows`;
  return [
    { what: `rows inserted, ${BATCH_ROWS} at a time, durable`, value: insertsPerSecond, unit: 'rows/s' },
    {
      what: `rows written to a file, ${title}`,
      value: rows / seconds,
      unit: 'rows/s',
      note: `${(sizeBytes / 1e6).toFixed(0)} MB`,
    },
    {
      what: `peak memory of the reading process, ${title}`,
      value: manyMiB,
      unit: 'MiB',
      ...(manyMiB !== null && fewMiB !== null
        ? { against: `${fewCount.toLocaleString('en')} rows`, ratio: manyMiB / fewMiB, aim: { atMost: 1.5 } }
        : {}),
    },
    { what: 'longest wait of this thread meanwhile', value: delay.max / 1e6, unit: 'ms', aim: { atMost: 50 } },
  ];
}

const SCRIPT = `import os
data = open(os.environ['model_file_path'], 'rb').read()
open(os.environ['model_file_path'], 'wb').write(data)
`;

async function runOverhead(roundCount: number): Promise<Row> {
  const what = 'a run in Docker, warm, beside a bare docker run of its script';
  if (!canRunDocker) return { what, value: null, unit: 'ms more', note: 'needs a Docker engine, mmdebstrap and root' };
  await using engine = await DockerEngine.start();
  await using lab = await TrainingLab.start({
    modelManagement: { docker: { socketPath: engine.socketPath }, training: { image: TEST_IMAGE } },
  });
  await using folder = await temporaryFolder('mm-bench-');
  await lab.addModel();
  await lab.addJob({ runner: 'docker', queries: [], metrics: [] }, SCRIPT);
  const work = join(folder.path, 'work');
  await mkdir(work);
  await writeFile(join(work, 'model.onnx'), 'x');
  await writeFile(join(work, 'train.py'), SCRIPT);
  const bare = [
    '-H',
    `unix://${engine.socketPath}`,
    'run',
    '--rm',
    '--network',
    'none',
    '-e',
    'model_file_path=model.onnx',
  ];
  const differences: number[] = [];
  for (let round = 0; round <= roundCount; round += 1) {
    const startMs = performance.now();
    const ended = spawnSync('docker', [
      ...bare,
      '-v',
      `${work}:/work`,
      '-w',
      '/work',
      TEST_IMAGE,
      'python3',
      'train.py',
    ]);
    const bareMs = performance.now() - startMs;
    if (ended.status !== 0) throw new Error(ended.stderr.toString());
    const run = await lab.train();
    if (run.state !== 'succeeded') throw new Error(JSON.stringify(run));
    if (round > 0) differences.push((run.durationMs ?? Number.NaN) - bareMs);
  }
  return { what, value: median(differences), unit: 'ms more', aim: { atMost: 1_000 } };
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  return [...(await collectionRows(isQuick ? 50_000 : 1_000_000)), await runOverhead(isQuick ? 1 : 7)];
}

export const bench: Bench = { name: 'training', title: 'collections and runs', run };
