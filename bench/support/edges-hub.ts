// A hub with its publisher of files, as Node-RED opens it, in a process of its own.

import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '../../lib/clock';
import { PipelineRevisionDocument } from '../../lib/edges/hub/pipelines/deployment-documents';
import type { EdgeEvent } from '../../lib/edges/protocol/documents';
import { openSigningKey } from '../../lib/edges/protocol/keys';
import { silentLog } from '../../lib/log';
import { type DataFolder, openDataFolder, openDocumentStore } from '../../lib/store';
import { Closers } from '../../plugins/model-management/runtime/closers';
import { type HubSide, openHubSide } from '../../plugins/model-management/runtime/edges/hub-side';
import { parseSettings } from '../../plugins/model-management/runtime/settings';
import { type EnrolledEdge, putEnrolled } from '../../test/support/edge-lab';
import { largeModel } from '../../test/support/large-model';
import { peakMemoryBytes } from '../../test/support/process-memory';
import { type OpenRegistry, openRegistryIn } from '../../test/support/registry-folder';
import { temporaryFolder } from '../../test/support/temporary-folder';
import { answerCalls } from './child-program';
import { roundTripsMs } from './round-trips';

export interface HubFigures {
  readonly egressBytes: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

const MODEL = 'iris';
const closers = new Closers();
const sockets = new Set<Socket>();
// All that goes into any socket of this process: it has one, to the broker.
subscribe('net.client.socket', (message) => sockets.add((message as { socket: Socket }).socket));

let folder: DataFolder;
let registry: OpenRegistry;
let side: HubSide;

const egressBytes = (): number => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
const hub = () => side.hub;

/** No pipeline is sent here. */
const noLibraries = {
  get: (name: string) => {
    throw new Error(`there is no library ${name}`);
  },
};

/** Makes the data folder and the key, so that edges can be told whom to obey. */
async function prepare(): Promise<{ readonly hubId: string; readonly hubPublicKey: string }> {
  const root = await temporaryFolder('mm-bench-hub-');
  closers.defer(() => root[Symbol.asyncDispose]());
  folder = await openDataFolder({ path: join(root.path, 'hub'), log: silentLog, clock: systemClock });
  closers.defer(() => folder.close());
  registry = await openRegistryIn(join(root.path, 'registry'), { maxModelSizeBytes: 2 ** 30 });
  closers.defer(() => registry.close());
  const key = await openSigningKey(folder.keysPath, 'hub');
  return { hubId: folder.instanceId, hubPublicKey: key.publicKey.text };
}

async function open(input: { readonly brokerUrl: string; readonly edges: readonly EnrolledEdge[] }): Promise<void> {
  const { brokerUrl, edges } = input;
  await putEnrolled(folder.dbPath, edges);
  const settings = parseSettings({ broker: { url: brokerUrl } }, folder.path);
  if (!settings.broker) throw new Error('no broker');
  const openDocuments: Parameters<typeof openHubSide>[0]['openDocuments'] = async (name, schema) => {
    const parse = (raw: unknown) => schema.parse(raw);
    const store = await openDocumentStore({ path: folder.dbPath, name, log: silentLog, parse });
    closers.defer(() => store.close());
    return store;
  };
  const revisions = await openDocuments('pipeline-revisions', PipelineRevisionDocument);
  const options = {
    libraries: noLibraries,
    revisions,
    folder,
    settings,
    ...registry,
    clock: systemClock,
    log: silentLog,
    openDocuments,
  };
  side = await openHubSide(options, settings.broker, closers);
  await upload({ sizeBytes: 1_000 });
  await hub().assign(MODEL, { edges: edges.map(({ name }) => ({ name })) }, 'bench');
}

/** A new version that is not deployed yet. */
async function upload({ sizeBytes }: { readonly sizeBytes: number }) {
  const model = largeModel(sizeBytes);
  const body = Readable.from(model.chunks(), { objectMode: false });
  const signal = new AbortController().signal;
  const { version } = await registry.registry.addVersion(MODEL, { body, kind: 'onnx', create: true, signal }, 'bench');
  return { version, sizeBytes: model.sizeBytes };
}

/** From when on (epoch ms) each of them is known to be online and to run the version. */
async function settledAt(input: { readonly version: number; readonly names: readonly string[] }): Promise<number[]> {
  const { version, names } = input;
  const settled = new Map<string, number>();
  const missing = new Set(names);
  const all = Promise.withResolvers<void>();
  const look = (name: string): void => {
    if (!missing.has(name)) return;
    const { state, models } = hub().get(name);
    const runs = models[0]?.state === 'running' && models[0].reported === version;
    if (state !== 'online' || !runs) return;
    missing.delete(name);
    settled.set(name, Date.now());
    if (missing.size === 0) all.resolve();
  };
  const end = hub().onChange(look);
  for (const name of names) look(name);
  const timer = setTimeout(() => {
    const first = [...missing].slice(0, 3).map((name) => JSON.stringify(hub().get(name)));
    all.reject(new Error(`${missing.size} of ${names.length} edges do not run ${version}: ${first.join(', ')}`));
  }, PATIENCE_MS);
  await all.promise.finally(end);
  clearTimeout(timer);
  return names.map((name) => settled.get(name) ?? Number.NaN);
}

/** @returns when (epoch ms) it was wanted */
async function deploy({ version }: { readonly version: number }): Promise<number> {
  const at = Date.now();
  await registry.registry.setAlias(MODEL, 'deployed', { version }, 'bench');
  return at;
}

/** Resolves when so many bytes more have left. */
async function left({ bytes }: { readonly bytes: number }): Promise<void> {
  const until = egressBytes() + bytes;
  while (egressBytes() < until) await new Promise((resolve) => setTimeout(resolve, 5));
}

let isAsking = false;
let trips: Promise<number[]> = Promise.resolve([]);

/** Asks an edge for its report again and again, until `endTrips`. */
async function beginTrips({ name }: { readonly name: string }): Promise<void> {
  const results = new Map<string, string>();
  let ring = (): void => undefined;
  const end = hub().onEvent((_edge: string, event: EdgeEvent) => {
    if (event.type !== 'command') return;
    results.set(event.id, event.result);
    ring();
  });
  const trip = async (): Promise<void> => {
    const id = await hub().command(name, { type: 'report' });
    const lateAt = performance.now() + PATIENCE_MS;
    const timer = setTimeout(() => ring(), PATIENCE_MS);
    // The answer may be here before the broker's word that it took the question.
    while (!results.has(id) && performance.now() < lateAt) {
      await new Promise<void>((resolve) => {
        ring = resolve;
      });
    }
    clearTimeout(timer);
    const result = results.get(id);
    if (result !== 'done') throw new Error(`the command was ${result ?? 'not answered'}`);
  };
  isAsking = true;
  trips = roundTripsMs(trip, () => !isAsking, TRIP_PAUSE_MS).finally(end);
  trips.catch(() => undefined);
}

function endTrips(): Promise<number[]> {
  isAsking = false;
  return trips;
}

async function figures(): Promise<HubFigures> {
  const { user, system } = process.cpuUsage();
  return {
    egressBytes: egressBytes(),
    cpuMs: (user + system) / 1_000,
    peakMemoryBytes: peakMemoryBytes(process.pid),
  };
}

const PATIENCE_MS = 300_000;
/** An edge takes 1,000 commands in the time in which they are valid. */
const TRIP_PAUSE_MS = 100;

const calls = { prepare, open, upload, settledAt, deploy, left, beginTrips, endTrips, figures };
export type HubCalls = typeof calls;

if (require.main === module) answerCalls(calls, () => closers.close());
