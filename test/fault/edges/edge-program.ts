// An edge whose broker is away, in a process of its own that the test kills: `edge-program.ts <JSON of EdgeOptions>`.
// Prints what it found when it has come to what its disk says is wanted.
import { systemClock } from '../../../lib/clock';
import { AgentDocument } from '../../../lib/edges/agent/agent-documents';
import { EdgeAgent } from '../../../lib/edges/agent/edge-agent';
import { ModelState } from '../../../lib/edges/agent/model-state';
import { MqttBus } from '../../../lib/edges/mqtt-bus';
import { PublicKeyText } from '../../../lib/edges/protocol/keys';
import { baseTopic } from '../../../lib/edges/protocol/topics';
import { silentLog } from '../../../lib/log';
import { openDataFolder, openDocumentStore } from '../../../lib/store';
import { DiskMachine } from '../../support/disk-machine';
import { waitFor } from '../../support/wait-for';
import { watchedStore } from '../../support/watched-store';

export interface EdgeOptions {
  readonly folder: string;
  readonly settings: { readonly name: string; readonly hubId: string; readonly hubPublicKey: string };
  /** The process ends at the n-th effect or write; absent = it does not. */
  readonly killAt?: number;
  /** What runs in the end, `name version`, sorted. */
  readonly wanted: readonly string[];
  readonly wantedFileCount: number;
}

export interface EdgeResult {
  /** The first that was activated in this start. */
  readonly active: readonly string[];
  readonly fileCount: number;
}

async function main({ folder: path, settings, killAt, wanted, wantedFileCount }: EdgeOptions): Promise<void> {
  let count = 0;
  const point = (): void => {
    count += 1;
    if (count === killAt) process.kill(process.pid, 'SIGKILL');
  };
  const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
  const at = { path: folder.dbPath, log: silentLog };
  const agentStore = await openDocumentStore({ ...at, name: 'edge-agent', parse: (raw) => AgentDocument.parse(raw) });
  const modelStore = await openDocumentStore({ ...at, name: 'edge-models', parse: (raw) => ModelState.parse(raw) });
  const machine = new DiskMachine(path, point);
  const base = baseTopic('model-management', settings.hubId);
  const broker = { url: 'mqtt://127.0.0.1:9' };
  const bus = new MqttBus({ broker, base, clientId: settings.name, clock: systemClock, log: silentLog });
  const agent = new EdgeAgent({
    bus,
    stores: { agent: watchedStore(agentStore, point), models: watchedStore(modelStore, point) },
    keysPath: folder.keysPath,
    effects: machine,
    clock: systemClock,
    log: silentLog,
    settings: { ...settings, hubPublicKey: PublicKeyText.parse(settings.hubPublicKey) },
    renewConnection: () => bus.renew(),
  });
  await agent.start();
  bus.open();
  const active = (): string[] => [...machine.active].map(([name, version]) => `${name} ${version}`).sort();
  const isWhole = (): boolean =>
    JSON.stringify(active()) === JSON.stringify(wanted) && machine.digests().length === wantedFileCount;
  await waitFor(isWhole, { what: () => JSON.stringify({ active: active(), files: machine.digests().length }) });
  await agent.stop();
  await bus.close();
  await Promise.all([agentStore.close(), modelStore.close()]);
  await folder.close();
  const result: EdgeResult = { active: active(), fileCount: machine.digests().length };
  process.stdout.write(JSON.stringify(result));
}

main(JSON.parse(process.argv[2] ?? '{}') as EdgeOptions).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
