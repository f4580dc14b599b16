// Many edges in one process: real agents on their real stores and connections, which load no model.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/clock';
import { AgentDocument } from '../../lib/edges/agent/agent-documents';
import type { EdgeEffects } from '../../lib/edges/agent/edge-effects';
import { type ArtifactFetcher, type FetchProgress, fetcherDefaults } from '../../lib/edges/artifacts';
import type { Bus } from '../../lib/edges/bus';
import { EdgeName } from '../../lib/edges/protocol/documents';
import { openSigningKey, PublicKeyText, verifyingKey } from '../../lib/edges/protocol/keys';
import { silentLog } from '../../lib/log';
import { openDataFolder, openDocumentStore } from '../../lib/store';
import { openFetcher } from '../../test/support/artifact-lab';
import { type EnrolledEdge, type OpenAgent, openAgent, PlayedMachine } from '../../test/support/edge-lab';
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary-folder';
import { answerCalls } from './child-program';

export interface FleetSettings {
  readonly hubId: string;
  readonly hubPublicKey: string;
  readonly names: readonly string[];
}

/** Takes its files as an edge does, and plays the rest. */
class FetchingMachine extends PlayedMachine {
  constructor(readonly fetcher: ArtifactFetcher) {
    super();
  }

  override async fetchArtifact(...given: Parameters<EdgeEffects['fetchArtifact']>): Promise<void> {
    const [file, signal, tell] = given;
    const onProgress = ({ receivedBytes, sizeBytes }: FetchProgress): void => tell(receivedBytes / sizeBytes);
    await this.fetcher.fetch(file, { signal, onProgress });
    await super.fetchArtifact(...given);
    // Whole and compared; of a thousand edges the files would fill the memory of this machine.
    await this.fetcher.collect(() => false);
  }
}

interface OpenEdge {
  readonly agent: OpenAgent;
  readonly fetcher: ArtifactFetcher | undefined;
}

const edges = new Map<string, OpenEdge>();
let root: TemporaryFolder;
let settings: FleetSettings;

const folderOf = (name: string): string => join(root.path, name);

/** Each edge has a disk of its own; that of this machine would be what is measured, so it is memory where that can be. */
const MEMORY_PATH = '/dev/shm';
const parentPath = existsSync(MEMORY_PATH) ? MEMORY_PATH : tmpdir();

/** Makes their data folders and keys, as after an enrolment. */
async function prepare(given: FleetSettings): Promise<readonly EnrolledEdge[]> {
  settings = given;
  root = await temporaryFolder('mm-bench-edges-', parentPath);
  const { hubId, hubPublicKey } = given;
  const enrolled: EnrolledEdge[] = [];
  for (const name of given.names) {
    const folder = await openDataFolder({ path: folderOf(name), log: silentLog, clock: systemClock });
    const tokenId = '0123456789abcdef';
    const { publicKey } = await openSigningKey(folder.keysPath, `edge-${tokenId}`);
    const parse = (raw: unknown) => AgentDocument.parse(raw);
    const store = await openDocumentStore({ path: folder.dbPath, name: 'edge-agent', log: silentLog, parse });
    await store.put({
      _id: 'identity',
      hubId,
      hubPublicKey: PublicKeyText.parse(hubPublicKey),
      edge: EdgeName.parse(name),
      tokenId,
      keyId: publicKey.id,
      revoked: null,
    });
    await store.close();
    await folder.close();
    enrolled.push({ name, publicKey: publicKey.text });
  }
  return enrolled;
}

/** Does not wait for the broker. */
async function connect(input: { readonly brokerUrl: string; readonly names: readonly string[] }): Promise<void> {
  const { hubId, hubPublicKey } = settings;
  const hubKey = verifyingKey(PublicKeyText.parse(hubPublicKey));
  for (const name of input.names) {
    let fetcher: ArtifactFetcher | undefined;
    const machine = async (bus: Bus): Promise<PlayedMachine> => {
      const verify = (data: Uint8Array, signature: Uint8Array) => hubKey.verify(data, signature);
      fetcher = await openFetcher(bus, folderOf(name), { verify, settings: fetcherDefaults });
      return new FetchingMachine(fetcher);
    };
    const folder = folderOf(name);
    const agent = await openAgent({
      settings: { name, hubId, hubPublicKey },
      brokerUrl: input.brokerUrl,
      folder,
      machine,
    });
    edges.set(name, { agent, fetcher });
  }
}

async function disconnect({ names }: { readonly names: readonly string[] }): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const edge = edges.get(name);
      edges.delete(name);
      await edge?.agent.close();
      await edge?.fetcher?.stop();
    }),
  );
}

async function close(): Promise<void> {
  await disconnect({ names: [...edges.keys()] });
  await root?.[Symbol.asyncDispose]();
}

const calls = { prepare, connect, disconnect };
export type FleetCalls = typeof calls;

if (require.main === module) answerCalls(calls, close);
