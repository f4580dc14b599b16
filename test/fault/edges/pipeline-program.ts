// The pipelines of an edge, in a process of its own that the test kills: `pipeline-program.ts <JSON of PipelineOptions>`.
// Prints what it found when it has come to what is wanted. Flows are a file; so are the libraries that answer.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock';
import { PipelineAgent } from '../../../lib/edges/agent/pipelines/pipeline-agent';
import type { PipelineEffects } from '../../../lib/edges/agent/pipelines/pipeline-effects';
import { PipelineState, ProvidedLibrary } from '../../../lib/edges/agent/pipelines/pipeline-state';
import type { DesiredLibrary, DesiredPipeline } from '../../../lib/edges/protocol/pipeline-documents';
import type { Digest } from '../../../lib/ids';
import { silentLog } from '../../../lib/log';
import { placeBundle, withoutPlaced, withPlaced } from '../../../lib/pipeline/bundle/place-bundle';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import { openDataFolder, openDocumentStore } from '../../../lib/store';
import { anAcceptedDesired } from '../../support/edge-builders';
import { aNode, aTab } from '../../support/flow-entries';
import { waitFor } from '../../support/wait-for';
import { watchedStore } from '../../support/watched-store';

export interface PipelineOptions {
  readonly folder: string;
  readonly desired: { readonly pipelines: readonly DesiredPipeline[]; readonly libraries: readonly DesiredLibrary[] };
  /** The process ends at the n-th effect or write; absent = it does not. */
  readonly killAt?: number;
}

export interface PipelineResult {
  /** Ids of the flow file, in order. */
  readonly flows: readonly string[];
  readonly labels: readonly string[];
  /** `name digest`, as they answer when the process has started. */
  readonly libraries: readonly string[];
}

/** Each revision shows in its label. */
const entriesOf = ({ id, revision, running }: DesiredPipeline): readonly FlowEntry[] =>
  placeBundle(
    { v: 1, id, name: id, entries: [aTab(id, { label: `${id} ${revision}` }), aNode(`${id}-n`, '', { z: id })] },
    { edgeName: 'edge-2', broker: { url: 'mqtt://box' }, isRunning: running },
  );

async function main({ folder: path, desired, killAt }: PipelineOptions): Promise<void> {
  let count = 0;
  const point = (): void => {
    count += 1;
    if (count === killAt) process.kill(process.pid, 'SIGKILL');
  };
  const flowFile = join(path, 'flows.json');
  const filesPath = join(path, 'files');
  mkdirSync(filesPath, { recursive: true });
  const readFlows = (): readonly FlowEntry[] => JSON.parse(readFileSync(flowFile, 'utf8'));
  const writeFlows = (entries: readonly FlowEntry[]): void => {
    point();
    writeFileSync(`${flowFile}.new`, JSON.stringify(entries));
    renameSync(`${flowFile}.new`, flowFile);
    point();
  };
  const present = new Map<Digest, number>();
  const fileOf = (digest: Digest): string => join(filesPath, digest.slice(7));
  const libraries = new Map<string, string>();
  const effects: PipelineEffects = {
    surroundings: 's',
    fetch: async ({ digest }) => {
      point();
      writeFileSync(fileOf(digest), '');
    },
    isPresent: async (digest) => existsSync(fileOf(digest)),
    provide: async ({ name, digest }) => {
      point();
      if (!existsSync(fileOf(digest))) throw new Error('a library is provided whose source is not there');
      libraries.set(name, digest);
    },
    withdraw: async (name) => void libraries.delete(name),
    check: async (target, isClaimed) => {
      point();
      withPlaced(readFlows(), target.id, entriesOf(target), isClaimed);
    },
    place: async (target, isClaimed) => writeFlows(withPlaced(readFlows(), target.id, entriesOf(target), isClaimed)),
    isThere: (id) => readFlows().some((entry) => entry.id === id),
    remove: async (id) => writeFlows(withoutPlaced(readFlows(), id)),
    areFlowsReady: () => true,
    isChanged: () => false,
    status: () => undefined,
    restart: async () => undefined,
    test: () => '',
    read: () => undefined,
    onChange: () => () => undefined,
  };
  const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
  const at = { path: folder.dbPath, log: silentLog };
  const pipelineStore = await openDocumentStore({ ...at, name: 'p', parse: (raw) => PipelineState.parse(raw) });
  const libraryStore = await openDocumentStore({ ...at, name: 'l', parse: (raw) => ProvidedLibrary.parse(raw) });
  const agent = new PipelineAgent({
    pipelines: watchedStore(pipelineStore, point),
    libraries: watchedStore(libraryStore, point),
    effects,
    clock: systemClock,
    log: silentLog,
  });
  let failure: string | undefined;
  await agent.start(anAcceptedDesired([], { ...desired }), {
    hubId: 'hub-1',
    isModelReady: () => true,
    isModelServed: () => true,
    changed: () => undefined,
    present,
    fetched: ({ digest, sizeBytes }) => void present.set(digest, sizeBytes),
    lost: (digest) => rmSync(fileOf(digest), { force: true }),
    tell: (level, text) => {
      if (level === 'warn') failure = text;
    },
  });
  const isThere = (): boolean => {
    if (failure) throw new Error(failure);
    const states = pipelineStore.all();
    return (
      states.length === desired.pipelines.length &&
      agent.reported().every(({ state }) => state === 'deployed') &&
      libraryStore.all().length === desired.libraries.length
    );
  };
  await waitFor(isThere, { what: () => JSON.stringify(agent.reported()) });
  await agent.stop();
  await Promise.all([pipelineStore.close(), libraryStore.close()]);
  await folder.close();
  const flows = readFlows();
  const result: PipelineResult = {
    flows: flows.map(({ id }) => id),
    labels: flows.flatMap((entry) => (entry.type === 'tab' ? [String(entry['label'])] : [])),
    libraries: [...libraries].map(([name, digest]) => `${name} ${digest}`).sort(),
  };
  process.stdout.write(JSON.stringify(result));
}

main(JSON.parse(process.argv[2] ?? '{}') as PipelineOptions).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
