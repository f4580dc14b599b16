import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '../../lib/clock';
import { EdgeRunDocument } from '../../lib/edges/agent/runs/edge-run-document';
import { EdgeRuns, type EdgeRunsDeps } from '../../lib/edges/agent/runs/edge-runs';
import { digestOf } from '../../lib/edges/protocol/enrolment';
import type { DesiredRun, ReportedRun } from '../../lib/edges/protocol/run-documents';
import { sealSpec } from '../../lib/edges/protocol/run-spec-box';
import { openBoxKey } from '../../lib/edges/protocol/sealed-box';
import { ensureFolder } from '../../lib/files';
import { silentLog } from '../../lib/log';
import { type BlobStore, type DocumentStore, openBlobStore, openDocumentStore, Secrets } from '../../lib/store';
import { ProcessRunner } from '../../lib/training';
import { specOf } from '../../lib/training/delegated/run-spec';
import { workFiles } from '../../lib/training/env-list';
import { isFinal } from '../../lib/training/run/run-states';
import { someFields, someRun } from './training-builders';
import { waitFor } from './wait-for';

const HUB = 'hub-1';
const EDGE = 'edge-2';

/** The runs of an edge on real stores, scripts in processes; what the hub has comes at once. */
export interface RunsEdge {
  readonly runs: EdgeRuns;
  readonly blobs: BlobStore;
  /** What the hub has, and how it comes. */
  readonly hub: BlobStore;
  readonly fetcher: EdgeRunsDeps['fetcher'];
  readonly boxKey: Awaited<ReturnType<typeof openBoxKey>>;
  reported(): ReportedRun | undefined;
  close(): Promise<void>;
}

/** Writes until the power goes: that one is the last that comes to the disk, or the first that does not. */
function cutOff<T extends { readonly _id: string }>(
  store: DocumentStore<T>,
  cut: RunsEdgeOptions['cut'],
  onCut: () => void,
): DocumentStore<T> {
  let count = 0;
  const write = async <R>(work: () => Promise<R>): Promise<R> => {
    count += 1;
    const last = cut ? cut.write - (cut.when === 'before' ? 1 : 0) : Number.POSITIVE_INFINITY;
    if (count > last) {
      onCut();
      // A process that is gone never hears of it.
      return new Promise<R>(() => undefined);
    }
    const result = await work();
    if (count === last) onCut();
    return result;
  };
  return {
    get: (id) => store.get(id),
    all: () => store.all(),
    insert: (document) => write(() => store.insert(document)),
    put: (document) => write(() => store.put(document)),
    delete: (id) => write(() => store.delete(id)),
    compact: () => store.compact(),
    close: () => store.close(),
  };
}

export interface RunsEdgeOptions {
  /** The power goes at that write of its documents. */
  readonly cut?: { readonly write: number; readonly when: 'before' | 'after' };
  readonly onCut?: () => void;
  readonly deps?: Partial<EdgeRunsDeps>;
}

export const openRunsEdge = async (
  path: string,
  { cut, onCut = () => undefined, deps = {} }: RunsEdgeOptions = {},
): Promise<RunsEdge> => {
  const documents = await openDocumentStore({
    path: join(path, 'db'),
    name: 'edge-agent-runs',
    log: silentLog,
    parse: (raw) => EdgeRunDocument.parse(raw),
  });
  const tempPath = join(path, 'temp');
  const blobs = await openBlobStore({ path: join(path, 'blobs'), tempPath, log: silentLog });
  const hub = await openBlobStore({ path: join(path, 'hub-blobs'), tempPath, log: silentLog });
  const fetcher: EdgeRunsDeps['fetcher'] = {
    fetch: async ({ digest }, { signal }) => {
      const lease = await blobs.put(createReadStream(hub.pathOf(digest)), { maxBytes: 1e9, signal });
      lease.release();
      return lease.path;
    },
    collect: async (isNamed) => {
      const { removed, freedBytes } = await blobs.collectGarbage({ isNamed, dryRun: false, minAgeMs: -1e12 });
      return { removed: removed.map(({ digest }) => digest), freedBytes };
    },
  };
  await ensureFolder(join(path, 'keys'));
  const boxKey = await openBoxKey(join(path, 'keys'), 'box');
  const runsPath = join(path, 'runs');
  const runner = new ProcessRunner({ runsPath, environmentsPath: join(path, 'envs'), isAllowed: true, env: {} });
  let isCut = false;
  const noteCut = (): void => {
    isCut = true;
    onCut();
  };
  const runs = new EdgeRuns({
    documents: cutOff(documents, cut, noteCut),
    blobs,
    fetcher,
    boxKey,
    secrets: await Secrets.open(join(path, 'keys')),
    hubId: HUB,
    edge: EDGE,
    runsPath,
    collections: { export: async () => Promise.reject(new Error('no query asks for it')) },
    runnerOf: async () => runner,
    clock: systemClock,
    log: silentLog,
    ...deps,
  });
  const close = async (): Promise<void> => {
    const stopped = runs.stop();
    // One whose writes never come back does not end.
    if (!isCut) await stopped;
    await documents.close();
  };
  return { runs, blobs, hub, fetcher, boxKey, reported: () => runs.reportable().runs?.[0], close };
};

const putText = async (blobs: BlobStore, text: string | Buffer) => {
  const bytes = Buffer.from(text);
  const lease = await blobs.put(Readable.from([bytes]), { maxBytes: 1e9, signal: new AbortController().signal });
  return { digest: lease.digest, sizeBytes: bytes.length };
};

/** A run as the hub wants it, which has all of its files. @param notes - where its script writes that it began and ended */
export const wantedRun = async ({ hub, boxKey }: RunsEdge, notes: string): Promise<DesiredRun> => {
  const script = `import os, time
open(${JSON.stringify(notes)}, 'a').write('begun\\n')
time.sleep(0.2)
open(os.environ['model_file_path'], 'wb').write(b'a model')
open(${JSON.stringify(notes)}, 'a').write('ended\\n')
print('the end')
`;
  const files = [{ path: workFiles.script(0), ...(await putText(hub, script)) }];
  const fields = someFields({ runner: 'process', scripts: ['train.py'], env: { TOKEN: { secret: 'plain' } } });
  const spec = specOf(someRun({ fields }), { base: null, queries: [], files }, (secret) => secret);
  const fence = { epoch: 'epoch', counter: 1 };
  const box = sealSpec(spec, boxKey.publicKey, { hubId: HUB, edge: EDGE, run: 'run-1', fence });
  const stored = await putText(hub, box);
  assert.equal(stored.digest, digestOf(box));
  return { run: 'run-1', job: 'iris_job', fence, spec: stored };
};

export const edgeLink = { isConnected: () => true, tell: () => undefined, wake: () => undefined };

export const runIsOver = (edge: RunsEdge): Promise<ReportedRun> =>
  waitFor(
    () => {
      const word = edge.reported();
      return word && isFinal(word.state) ? word : undefined;
    },
    { what: () => `the run to end; it is ${JSON.stringify(edge.reported())}` },
  );
