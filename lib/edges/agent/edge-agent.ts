import { modelKey } from '../../names';
import { KeyedQueue } from '../../store/keyed-queue';
import type { BusMessage } from '../bus';
import type { LastWill } from '../mqtt-bus';
import { type EdgeEvent, HubPresence, type ReportedModel } from '../protocol/documents';
import { open, seal } from '../protocol/envelope';
import type { DesiredRun } from '../protocol/run-documents';
import { edgeTopics, HUB_TOPIC } from '../protocol/topics';
import { keepSubscribed } from '../standing-subscription';
import type { AcceptedDesired } from './accepted-desired';
import type { EdgeAgentDeps } from './agent-dependencies';
import { findDocument } from './agent-documents';
import { CommandDesk } from './command-desk';
import { DesiredDesk } from './desired-desk';
import { Enrolment, type EnrolmentState } from './enrolment';
import { OwnBoot } from './own-boot';
import type { OwnPipeline } from './pipelines/own-pipelines';
import { pipelineExecutors } from './pipelines/pipeline-commands';
import { Reconciler } from './reconciler';
import { reportModels } from './report';
import { Reporter } from './reporter';
import type { OwnRun } from './runs/own-runs';
import { UntilKept } from './until-kept';

/** Of a failure, for people. */
const MESSAGE_LENGTH = 500;

export interface EdgeAgentStatus {
  readonly enrolment: EnrolmentState;
  readonly isConnected: boolean;
  /** What the hub said of itself last. */
  readonly hub: Pick<HubPresence, 'name' | 'online' | 'at'> | null;
}

/** A model that the hub wants here, or that runs here still. */
export interface OwnModel extends ReportedModel {
  /** The version that is wanted; null = the hub wants it no more, or it is not known what it wants. */
  readonly desired: number | null;
}

/**
 * The part of an edge that belongs to a hub: enrols, takes what the hub wants, brings it about and tells how it is. It
 * starts from its own disk, and needs neither broker nor hub to run what it ran.
 */
export class EdgeAgent {
  readonly #boot: OwnBoot;
  readonly #untilKept: UntilKept;
  readonly #enrolment: Enrolment;
  readonly #reconciler: Reconciler;
  readonly #reporter: Reporter;
  readonly #commands: CommandDesk;
  readonly #desk: DesiredDesk;
  readonly #listeners = new Set<() => void>();
  #connection = 0;
  #isConnected = false;
  #hub: HubPresence | null = null;
  #desired: AcceptedDesired | null = null;
  #ends: (() => Promise<void>)[] = [];
  #endConnection: (() => void) | undefined;
  #subscribedFor: string | undefined;
  /** Documents of a topic are taken one after the other; a command that takes its time holds up none of another. */
  readonly #intake = new KeyedQueue();

  constructor(private readonly deps: EdgeAgentDeps) {
    const changed = (): void => this.#changed();
    this.#boot = new OwnBoot(deps, () => deps.renewConnection());
    this.#untilKept = new UntilKept(deps.log);
    this.#enrolment = new Enrolment(deps, () => this.#accepted(), changed);
    this.#reporter = new Reporter({
      clock: deps.clock,
      log: deps.log,
      send: (topic, type, document, options) => this.#send(topic, type, document, options),
      canSend: () => this.#isConnected && this.#enrolment.own !== undefined,
      wake: () => this.#reconciler.wake(),
      content: () => ({
        desired: this.#desired ? { ...this.#desired.order, digest: this.#desired.digest } : null,
        capabilities: deps.effects.capabilities(),
        models: this.#reconciler.reportable(),
        pipelines: deps.pipelines?.reported() ?? [],
        more: { ...deps.runs?.reportable(), ...deps.rows?.reportable() },
      }),
    });
    this.#reconciler = new Reconciler({
      models: deps.stores.models,
      effects: deps.effects,
      clock: deps.clock,
      log: deps.log,
      neededElsewhere: () => deps.pipelines?.needed() ?? [],
      progressed: () => deps.pipelines?.wake(),
      isReported: () => this.#reporter.isReported(),
      report: async () => {
        await this.#reporter.report();
        changed();
      },
      tell: (level, text) => this.#tell({ type: 'log', at: deps.clock.now(), level, text }),
    });
    this.#commands = new CommandDesk(deps, {
      report: async () => this.#reporter.again(),
      retry: () => this.retry(),
      ...pipelineExecutors(deps.pipelines),
      'run-news': async (news) => deps.hubTraining?.take(news),
      'rows-taken': async (taken) => deps.rows?.taken(taken),
    });
    this.#desk = new DesiredDesk(deps, {
      enrolment: this.#enrolment,
      reporter: this.#reporter,
      commands: this.#commands,
      untilKept: this.#untilKept,
      inTurn: (work) => this.#intake.run(edgeTopics(deps.settings.name).desired, work),
      wake: () => this.#reconciler.wake(),
      desire: (desired) => this.#desire(desired),
      revoked: (reason) => this.#untilKept.run('revocation', () => this.#revoked(reason)),
    });
  }

  /**
   * Starts what ran before, also on a disk that is full; the connection is made by whoever opens the bus.
   * @throws {ModelManagementError} of a disk that cannot be read
   */
  async start(): Promise<void> {
    const { clock, bus } = this.deps;
    this.#boot.begin();
    await this.#untilKept.run('boot', () => this.#boot.keep());
    await this.#enrolment.open();
    await this.#untilKept.run('token', async () => {
      await this.#enrolment.takeSettings();
      if (this.#endConnection) this.#enrolment.ask();
    });
    await this.#untilKept.run('revocation', () => this.#finishRevocation());
    this.#desired = this.#desk.stored();
    await this.#reconciler.start(this.#desired);
    await this.deps.pipelines?.start(this.#desired, {
      hubId: this.deps.settings.hubId,
      isModelReady: (model) => this.#reconciler.isReady(model),
      isModelServed: (model) => this.#reconciler.isServed(model),
      changed: () => this.#reconciler.wake(),
      present: this.#reconciler.present,
      fetched: ({ digest, sizeBytes }) => this.#reconciler.noteFile(digest, sizeBytes),
      lost: (digest) => this.#reconciler.noteFile(digest, undefined),
      tell: (level, text) => this.#tell({ type: 'log', at: clock.now(), level, text }),
    });
    const link = { isConnected: () => this.#isConnected, wake: () => this.#reconciler.wake() };
    const tell = (event: EdgeEvent): void => this.#tell(event);
    this.deps.runs?.start({ ...link, tell }, this.#wantedRuns());
    this.deps.hubTraining?.attach({ ...link, tell });
    this.deps.rows?.start(link.wake);
    this.#enrolment.ask();
    this.#subscribe();
    this.#endConnection = bus.onConnection((isConnected) => this.#onConnection(isConnected));
  }

  /** Says goodbye; what runs is left to its owner. */
  async stop(): Promise<void> {
    this.#enrolment.stopAsking();
    this.#endConnection?.();
    this.#endConnection = undefined;
    this.#untilKept.stop();
    await this.deps.pipelines?.stop();
    await this.#reconciler.stop();
    await this.deps.runs?.stop();
    await this.deps.rows?.stop();
    if (this.#isConnected) await this.#announce(false).catch(() => undefined);
    for (const end of this.#ends.splice(0)) await end().catch(() => undefined);
    await this.#intake.settled();
    this.#reporter.stop();
  }

  status(): EdgeAgentStatus {
    const hub = this.#hub && { name: this.#hub.name, online: this.#hub.online, at: this.#hub.at };
    return { enrolment: this.#enrolment.state, isConnected: this.#isConnected, hub };
  }

  /** As it is told to the hub, whether that can be reached or not. */
  models(): readonly OwnModel[] {
    const wanted = new Map(this.#desired?.models.map(({ name, deployed }) => [modelKey(name), deployed]));
    return reportModels(this.#reconciler.reportable(), MESSAGE_LENGTH).map((model) => ({
      ...model,
      desired: wanted.get(modelKey(model.name)) ?? null,
    }));
  }

  pipelines(): readonly OwnPipeline[] {
    return this.deps.pipelines?.own() ?? [];
  }

  /** Those that are under way. */
  runs(): readonly OwnRun[] {
    return this.deps.runs?.own() ?? [];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a token that was typed. @throws {ModelManagementError} `INVALID_INPUT` */
  enrol(token: string): Promise<void> {
    return this.#enrolment.enrol(token);
  }

  /** Gives up the key and tells the hub if it can; what runs is removed from this edge by its owner. */
  async leave(): Promise<void> {
    if (this.#enrolment.own && this.#isConnected) {
      await this.#reporter.sendEvents([{ type: 'left', at: this.deps.clock.now() }]).catch(() => undefined);
      await this.#announce(false).catch(() => undefined);
    }
    await this.#enrolment.forget();
    await this.deps.pipelines?.forget();
    this.#desire(null);
  }

  /** Tries at once what failed and waits. */
  async retry(): Promise<void> {
    await this.#reconciler.retry();
    await this.deps.pipelines?.retry();
  }

  /** Plans again, for who knows that something changed: a model failed, the disk has room. */
  wake(): void {
    this.#reconciler.wake();
  }

  /** As this edge; nothing before it has a key. */
  sign(data: Buffer): Buffer {
    return this.#enrolment.own?.key.sign(data) ?? Buffer.alloc(0);
  }

  /** To be asked for before each connection: it tells of that connection. */
  lastWill(): LastWill | undefined {
    this.#connection += 1;
    const own = this.#enrolment.own;
    if (!own) return undefined;
    return { topic: edgeTopics(own.identity.edge).online, payload: seal('online', this.#online(false), own.key) };
  }

  #online(online: boolean) {
    return { ...this.#sender(), connection: Math.max(1, this.#connection), online };
  }

  #sender() {
    const { hubId, edge } = this.#enrolment.own?.identity ?? { hubId: '', edge: '' };
    return { v: 1, hubId, edge, bootId: this.#boot.id, boot: this.#boot.number, at: this.deps.clock.now() };
  }

  #onConnection(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (isConnected) this.#greet();
    if (isConnected) this.deps.runs?.connected();
    this.#changed();
  }

  #greet(): void {
    if (!this.#enrolment.own) return;
    this.#announce(true).catch((error: unknown) => this.deps.log.debug('not announced', () => ({ error })));
    this.#reporter.again();
  }

  #announce(online: boolean): Promise<void> {
    return this.#send('online', 'online', this.#online(online), { retain: true });
  }

  async #send(
    topic: 'online' | 'reported' | 'event',
    type: 'online' | 'reported' | 'event',
    document: object,
    options: { readonly retain: boolean },
  ): Promise<void> {
    const own = this.#enrolment.own;
    if (!own) return;
    const signed = seal(type, { ...this.#sender(), ...document }, own.key);
    await this.deps.bus.publish(edgeTopics(own.identity.edge)[topic], signed, options);
  }

  /** A new key: the last will of the connection has to be signed with it. */
  #accepted(): void {
    this.#desire(this.#desk.stored());
    this.deps.renewConnection();
    this.#subscribe();
  }

  #subscribe(): void {
    const identity = this.#enrolment.own?.identity;
    if (!identity || this.#subscribedFor === identity.edge) return;
    this.#subscribedFor = identity.edge;
    const { log } = this.deps;
    const topics = edgeTopics(identity.edge);
    const intakes: readonly (readonly [string, (message: BusMessage) => Promise<void> | void])[] = [
      [topics.desired, ({ payload }) => this.#desk.take(payload)],
      [topics.command, (message) => this.#takeCommand(message)],
      [HUB_TOPIC, (message) => this.#takePresence(message)],
    ];
    for (const [filter, take] of intakes) {
      const listener = (message: BusMessage): void => {
        this.#intake
          .run(filter, async () => take(message))
          .catch((error: unknown) => log.error('document of the hub could not be kept', { error }));
      };
      this.#ends.push(keepSubscribed(this.deps, filter, listener));
    }
  }

  /** The power may have gone between the two writes of a revocation. */
  async #finishRevocation(): Promise<void> {
    const own = this.#enrolment.own;
    const stored = findDocument(this.deps.stores, 'desired');
    if (!own || !stored || stored.envelope !== null || stored.keyId !== own.identity.edgeKeyId) return;
    await this.#enrolment.revoke(stored.revoked ?? 'revoked');
    await this.#enrolment.open();
  }

  /** It keeps what it runs, and says no more. */
  async #revoked(reason: string): Promise<void> {
    // Sealed with the key that goes; whether the broker takes it is nothing to wait for.
    this.#announce(false).catch((error: unknown) => this.deps.log.debug('not announced', () => ({ error })));
    await this.#enrolment.revoke(reason);
    await this.#enrolment.open();
    this.#desire(null);
    this.deps.renewConnection();
  }

  async #takeCommand({ payload, isRetained }: BusMessage): Promise<void> {
    const own = this.#enrolment.own;
    if (!own || isRetained) return;
    const event = await this.#commands.take(payload, own.identity);
    if (event) this.#tell(event);
  }

  #takePresence({ payload }: BusMessage): void {
    const own = this.#enrolment.own;
    if (!own || payload.length === 0) return;
    const opened = open('hub', payload, own.identity.hubKey, HubPresence);
    if (!opened.ok || opened.value.document.hubId !== own.identity.hubId) return;
    this.#hub = opened.value.document;
    this.#changed();
  }

  #tell(event: EdgeEvent): void {
    this.#reporter.tell(event);
  }

  #desire(desired: AcceptedDesired | null): void {
    this.#desired = desired;
    this.#reconciler.desire(desired);
    this.deps.pipelines?.desire(desired);
    this.deps.runs?.desire(this.#wantedRuns());
  }

  /** Models run on without a hub; a run is for the hub, and ends with the key. Null = it has said nothing yet. */
  #wantedRuns(): readonly DesiredRun[] | null {
    return this.#enrolment.own ? (this.#desired?.runs ?? null) : [];
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
