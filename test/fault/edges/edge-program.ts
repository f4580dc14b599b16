// An edge, whose broker is away unless one is named, in a process of its own that the test kills: `edge-program.ts <JSON of EdgeOptions>`.
// Prints what it found when it has come to what its disk says is wanted.
import { systemClock } from '../../../lib/clock';
import { AgentDocument } from '../../../lib/edges/agent/agent-documents';
import { EdgeAgent } from '../../../lib/edges/agent/edge-agent';
import { ModelState } from '../../../lib/edges/agent/model-state';
import type { Bus } from '../../../lib/edges/bus';
import { MqttBus } from '../../../lib/edges/mqtt-bus';
import type { ReportedState } from '../../../lib/edges/protocol/documents';
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
  /** Absent = it is away. */
  readonly brokerUrl?: string;
  /** The process ends at the n-th effect, write or message; absent = it does not. */
  readonly killAt?: number;
  /** Which of them count: all, those since every model serves, or messages, each before and after it is sent. */
  readonly points?: 'all' | 'serving' | 'messages';
  /** `name version` of what fails all of its requests. */
  readonly bad?: readonly string[];
  /** Nothing is watched any more in the end. */
  readonly isSettled?: boolean;
  /** What runs in the end, `name version`, sorted. */
  readonly wanted: readonly string[];
  readonly wantedFileCount: number;
}

export interface EdgeResult {
  /** The first that was activated in this start. */
  readonly active: readonly string[];
  readonly fileCount: number;
  /** `name code` of what was given up, sorted. */
  readonly rejected: readonly string[];
}

/** The bus, with a point before and after each message. */
function watchedBus(bus: Bus, point: () => void, sent: (topic: string, payload: Buffer | string) => void): Bus {
  return {
    subscribe: (filter, listener) => bus.subscribe(filter, listener),
    onConnection: (listener) => bus.onConnection(listener),
    async publish(topic, payload, options) {
      point();
      await bus.publish(topic, payload, options);
      sent(topic, payload);
      point();
    },
  };
}

async function main(options: EdgeOptions): Promise<void> {
  const { folder: path, settings, killAt, points = 'all', wanted, wantedFileCount, isSettled } = options;
  let count = 0;
  const counted = (): void => {
    count += 1;
    if (count === killAt) process.kill(process.pid, 'SIGKILL');
  };
  const point = (): void => {
    if (points === 'all' || (points === 'serving' && machine.active.size === wanted.length)) counted();
  };
  const messagePoint = points === 'messages' ? counted : point;
  const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
  const at = { path: folder.dbPath, log: silentLog };
  const agentStore = await openDocumentStore({ ...at, name: 'edge-agent', parse: (raw) => AgentDocument.parse(raw) });
  const modelStore = await openDocumentStore({ ...at, name: 'edge-models', parse: (raw) => ModelState.parse(raw) });
  const machine = new DiskMachine(path, point, options.bad);
  const base = baseTopic('model-management', settings.hubId);
  const broker = { url: options.brokerUrl ?? 'mqtt://127.0.0.1:9' };
  const bus = new MqttBus({ broker, base, clientId: settings.name, clock: systemClock, log: silentLog });
  let isTold = options.brokerUrl === undefined;
  const told = (topic: string, payload: Buffer | string): void => {
    if (topic.endsWith('/reported')) isTold = wanted.every((one) => runningIn(payload).includes(one));
  };
  const agent = new EdgeAgent({
    bus: watchedBus(bus, messagePoint, told),
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
    JSON.stringify(active()) === JSON.stringify(wanted) &&
    machine.digests().length === wantedFileCount &&
    (!isSettled || modelStore.all().every(({ health }) => health === null)) &&
    isTold;
  await waitFor(isWhole, { what: () => JSON.stringify({ active: active(), files: machine.digests().length, isTold }) });
  const rejected = modelStore.all().flatMap((one) => (one.rejected ? [`${one._id} ${one.rejected.code}`] : []));
  await agent.stop();
  await bus.close();
  await Promise.all([agentStore.close(), modelStore.close()]);
  await folder.close();
  const result: EdgeResult = { active: active(), fileCount: machine.digests().length, rejected: rejected.sort() };
  process.stdout.write(JSON.stringify(result));
}

/** `name version` of what a report says of what runs. */
function runningIn(report: Buffer | string): readonly string[] {
  const { payload } = JSON.parse(report.toString()) as { payload: string };
  const { models } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as ReportedState;
  return models.flatMap(({ name, version, state }) => (state === 'running' ? [`${name} ${version}`] : []));
}

main(JSON.parse(process.argv[2] ?? '{}') as EdgeOptions).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
