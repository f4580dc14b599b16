import type { Digest } from '../../ids';
import { modelKey } from '../../names';
import type { ModelEdge, Usage, User } from '../../registry';
import type { EdgeCommand } from '../agent/command-desk';
import type { BusMessage } from '../bus';
import type { LastWill } from '../mqtt-bus';
import type { EdgeEvent } from '../protocol/documents';
import type { EnrolmentToken } from '../protocol/enrolment';
import { edgeKey } from '../protocol/names';
import { HUB_TOPIC, hubFilters } from '../protocol/topics';
import { keepSubscribed } from '../standing-subscription';
import { Assignments } from './assignments';
import { EdgeCommands, isExpired } from './commands';
import { DesiredContent, type OfferedFile } from './desired-content';
import { DesiredPublisher } from './desired-publisher';
import { EdgeBook } from './edge-book';
import type { EdgeStanding } from './edge-standing';
import { EdgeStates } from './edge-states';
import { EnrolmentOffice } from './enrolment-office';
import type { EdgeHubDeps } from './hub-dependencies';
import type { EdgeDocument } from './hub-documents';
import { LateReports } from './late-reports';
import { OwnPresence } from './own-presence';
import { PipelineDeployments } from './pipelines/deployments';
import { EdgePipelines, requirePipelines } from './pipelines/edge-pipelines';
import { PipelineRevisions } from './pipelines/revisions';
import { Rollouts } from './rollout/rollouts';
import { type EdgeFacts, type EdgeView, isUnderWay, stateOf, toEdgeView, toModelEdge } from './views';

export interface Enrolment {
  /** Shown once. */
  readonly token: string;
  readonly expiresAt: string;
  /** `modelManagement` of the edge's settings.js. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The hub's side of its edges: who they are, what they shall run, what they say. */
export class EdgeHub {
  readonly #presence: OwnPresence;
  readonly #book: EdgeBook;
  readonly #assignments: Assignments;
  readonly #deployments: PipelineDeployments;
  readonly #content: DesiredContent;
  readonly #publisher: DesiredPublisher;
  readonly #states: EdgeStates;
  readonly #office: EnrolmentOffice;
  readonly #commands: EdgeCommands;
  readonly #late: LateReports;
  /** Versions on their way to many edges. */
  readonly rollouts: Rollouts;
  readonly pipelines: EdgePipelines;
  readonly #changeListeners = new Set<(edge: string) => void>();
  readonly #eventListeners = new Set<(edge: string, event: EdgeEvent) => void>();
  #isConnected = false;
  #ends: (() => unknown)[] = [];

  constructor(private readonly deps: EdgeHubDeps) {
    const { stores } = deps;
    this.#presence = new OwnPresence(deps);
    this.#book = new EdgeBook({ ...deps, edges: stores.edges });
    this.#assignments = new Assignments(
      { ...deps, assignments: stores.assignments },
      (name) => this.#book.get(name),
      (edge, assignments) => this.#content.check(edge, { assignments }),
    );
    const revisions = new PipelineRevisions({ ...deps, revisions: stores.revisions });
    this.#deployments = new PipelineDeployments({
      deployments: stores.deployments,
      revisions,
      getEdge: (name) => this.#book.get(name),
      check: (edge, deployments) => {
        requirePipelines(this.#facts(edge));
        this.#content.check(edge.name, { deployments });
      },
    });
    this.#content = new DesiredContent(deps.registry, this.#assignments, this.#deployments);
    const orders = { ...deps, orders: stores.orders };
    this.#publisher = new DesiredPublisher(orders, this.#book, this.#assignments, this.#content);
    this.#commands = new EdgeCommands(
      deps,
      () => this.#isConnected,
      (edge) => this.#publisher.issued(edge),
    );
    this.pipelines = new EdgePipelines({
      ...deps,
      book: this.#book,
      deployments: this.#deployments,
      revisions,
      factsOf: (edge) => this.#facts(edge),
      changed: (keys) => this.#assigned(new Set(keys)),
      ask: (facts, command, patienceMs) => this.#commands.ask(facts, command, patienceMs),
    });
    this.#states = new EdgeStates({
      ...deps,
      states: stores.states,
      book: this.#book,
      onOnline: (edge) => this.#compare(edge, true),
      onReport: (edge, _report, isNew) => {
        if (isNew) this.#late.heard(edge.name);
        this.#compare(edge, false);
      },
      onEvent: (edge, event) => this.#onEvent(edge, event),
      onChange: (edge) => this.#changed(edge.name),
    });
    this.#late = new LateReports({
      ...deps,
      waiting: () => (this.#isConnected ? this.#underWay() : []),
      ask: async (edge) => this.command(edge, { type: 'report' }),
    });
    this.rollouts = new Rollouts({
      ...deps,
      rollouts: stores.rollouts,
      book: this.#book,
      assignments: this.#assignments,
      factsOf: (edge) => this.#facts(edge),
      refresh: (keys) => this.#assigned(keys),
      settled: () => this.settled(),
    });
    this.#office = new EnrolmentOffice(deps, this.#book, (edge) => {
      this.#publisher.refresh([edge._id]);
      this.#changed(edge.name);
    });
  }

  /** Does not wait for the broker. */
  async start(): Promise<void> {
    const { bus, registry } = this.deps;
    await this.#forgetWhatIsGone();
    this.#ends.push(
      registry.onChange(({ kind, name, change }) => {
        if (kind === 'model' && change === 'deleted') this.#inBackground(this.#unassign(name));
        if (kind === 'version') this.#content.forgetFiles(name);
        this.#publisher.refresh([
          ...this.#assignments.ofModel(name).map(({ edge }) => edgeKey(edge)),
          ...this.#deployments.edgesOfModel(name),
        ]);
        this.rollouts.notice();
      }),
      bus.onConnection((isConnected) => {
        this.#isConnected = isConnected;
        this.#publisher.setConnected(isConnected);
        this.rollouts.setConnected(isConnected);
        if (isConnected) this.#presence.announce();
      }),
    );
    this.#listen(hubFilters.online, (message) => this.#states.takeOnline(message));
    this.#listen(hubFilters.reported, (message) => this.#states.takeReport(message));
    this.#listen(hubFilters.event, (message) => this.#states.takeEvents(message));
    this.#listen(hubFilters.enrol, (message) => this.#office.take(message));
    this.#listen(HUB_TOPIC, (message) => this.#presence.lookForTwin(message));
    this.#publisher.refresh(this.#book.everKnown().map(({ _id }) => _id));
    this.rollouts.start();
    this.#late.start();
  }

  async stop(): Promise<void> {
    const wasConnected = this.#isConnected;
    this.#late.stop();
    for (const end of this.#ends.splice(0)) await end();
    await this.#publisher.stop();
    await this.rollouts.stop();
    await this.#states.stop();
    if (wasConnected) await this.#presence.sayGoodbye();
  }

  /** To be asked for before each connection. */
  lastWill(): LastWill {
    return this.#presence.lastWill();
  }

  /** By name, without `local`. */
  list(): readonly EdgeView[] {
    return this.#book.all().map((edge) => this.#view(edge));
  }

  /** @throws {ModelManagementError} `EDGE_NOT_FOUND` */
  get(name: string): EdgeView {
    return this.#view(this.#book.get(name));
  }

  /** @param input - `{name, labels?}`. @throws {ModelManagementError} `INVALID_INPUT`, `EDGE_EXISTS` */
  async create(input: unknown, user: User): Promise<{ readonly edge: EdgeView; readonly enrolment: Enrolment }> {
    const { edge, token, expiresAt } = await this.#book.create(input);
    this.deps.log.info('edge added', { edge: edge.name, user });
    this.#changed(edge.name);
    return { edge: this.#view(edge), enrolment: this.#enrolment(edge, token, expiresAt) };
  }

  /** @param patch - `{labels?}`. @throws {ModelManagementError} `INVALID_INPUT`, `EDGE_NOT_FOUND` */
  async update(name: string, patch: unknown): Promise<EdgeView> {
    const edge = await this.#book.update(name, patch);
    this.#changed(edge.name);
    return this.#view(edge);
  }

  /** A new token. @param isRevoking - the key in use is void at once, not only when the token is used. @throws `EDGE_NOT_FOUND` */
  async renewEnrolment(
    name: string,
    isRevoking: boolean,
    user: User,
  ): Promise<{ readonly edge: EdgeView; readonly enrolment: Enrolment }> {
    const { edge, token, expiresAt } = await this.#book.renewToken(name, isRevoking);
    this.deps.log.info('edge got a new token', { edge: edge.name, isRevoking, user });
    this.#publisher.refresh([edge._id]);
    this.#changed(edge.name);
    return { edge: this.#view(edge), enrolment: this.#enrolment(edge, token, expiresAt) };
  }

  /** Its key is void; what it runs, it runs on. @throws {ModelManagementError} `EDGE_NOT_FOUND` */
  async remove(name: string, user: User): Promise<void> {
    // The key first: an edge that is still obeying must never be told to run nothing.
    const edge = await this.#book.remove(name);
    await this.#deployments.removeEdge(edge.name);
    this.deps.log.info('edge deleted', { edge: edge.name, user });
    await this.#assignments.removeEdge(edge.name).finally(() => this.#assigned(new Set([edge._id])));
  }

  /**
   * Which edges run a model: the whole list.
   * @param input - `{edges: [{name, version?}]}`; the version is a number or an alias, `deployed` unless given
   * @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_NOT_FOUND`, `EDGE_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND`
   */
  async assign(model: string, input: unknown, user: User): Promise<readonly ModelEdge[]> {
    const hasFailed = (edge: string): boolean =>
      this.get(edge).models.some(({ name, state }) => modelKey(name) === modelKey(model) && state === 'failed');
    const before = this.#edgesOf(model);
    try {
      const keys = await this.#assignments.assign(model, input, hasFailed);
      this.deps.log.info('edges of a model set', { model, count: keys.size, user });
    } finally {
      // Of several writes some may have failed: what was written has to reach its edges all the same.
      this.#assigned(new Set([...before, ...this.#edgesOf(model)]));
    }
    return this.modelEdges(model);
  }

  /** `Model.edges`. */
  modelEdges(model: string): readonly ModelEdge[] {
    return this.#assignments.ofModel(model).flatMap((assignment) => {
      const edge = this.#book.find(assignment.edge);
      return edge ? [toModelEdge(this.#facts(edge), assignment)] : [];
    });
  }

  /** A file that edges may ask for; undefined = none of them shall have it. */
  offered(digest: Digest): OfferedFile | undefined {
    return this.#content.offered(digest);
  }

  /** What would stop if the model went away. */
  usage(model: string): readonly Usage[] {
    return [...this.#assignments.usage(model), ...this.rollouts.usage(model), ...this.#deployments.usage(model)];
  }

  /**
   * Asks an edge for something, once.
   * @returns the id that its answering event carries
   * @throws {ModelManagementError} `EDGE_NOT_FOUND`; `EDGE_UNAVAILABLE` unless it is online; `BROKER_UNAVAILABLE`
   */
  command(name: string, command: EdgeCommand, lifeMs?: number): Promise<string> {
    return this.#commands.send(this.#facts(this.#book.get(name)), command, lifeMs);
  }

  /** How it stands with an edge; undefined = there is none of that name. */
  standing(name: string): EdgeStanding | undefined {
    const edge = this.#book.find(name);
    return edge && this.#standing(edge);
  }

  standings(): readonly EdgeStanding[] {
    return this.#book.all().map((edge) => this.#standing(edge));
  }

  /** What is wanted of an edge beside its models has changed. */
  refresh(name: string): void {
    this.#publisher.refresh([edgeKey(name)]);
  }

  /** Told the name of an edge (or its key) of which something changed. @returns ends it */
  onChange(listener: (edge: string) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** Told the name of a model of which other edges shall run it, or another version of it. @returns ends it */
  onAssignment(listener: (model: string) => void): () => void {
    return this.#assignments.onChange(listener);
  }

  /** Told what edges tell, once each. @returns ends it */
  onEvent(listener: (edge: string, event: EdgeEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** When another process was seen that uses this hub's key; null = never. */
  get twinSeenAt(): number | null {
    return this.#presence.twinSeenAt;
  }

  /** Resolves when all that is wanted was signed, and taken by the broker if it is there. */
  settled(): Promise<void> {
    return this.#publisher.settled();
  }

  #standing(edge: EdgeDocument): EdgeStanding {
    const facts = this.#facts(edge);
    const { name, labels, key } = edge;
    return { name, labels, ...stateOf(facts), key, report: facts.said?.report ?? null };
  }

  #underWay(): readonly string[] {
    return this.#book.all().flatMap((edge) => (isUnderWay(this.#facts(edge)) ? [edge.name] : []));
  }

  #facts(edge: EdgeDocument): EdgeFacts {
    const said = this.#states.find(edge);
    const isTaken = this.#publisher.isTaken(edge, said?.report?.desired ?? null);
    const isGone: EdgeFacts['isGone'] = (assignment) => this.#content.resolve(assignment) === undefined;
    const lastReport = this.#states.lastReport(edge);
    return { edge, said, lastReport, isConflict: this.#states.isConflict(edge), isTaken, isGone };
  }

  #view(edge: EdgeDocument): EdgeView {
    const facts = this.#facts(edge);
    const wanted = [...this.#assignments.ofEdge(edge.name), ...this.#content.broughtAlong(edge)];
    return toEdgeView(facts, wanted, this.pipelines.ofEdge(facts));
  }

  #enrolment(edge: EdgeDocument, token: EnrolmentToken, expiresAt: number): Enrolment {
    const { hubId, key, brokerOfEdges } = this.deps;
    const own = { name: edge.name, hubId, hubPublicKey: key.publicKey.text, token: token.text };
    return {
      token: token.text,
      expiresAt: new Date(expiresAt).toISOString(),
      settings: { role: 'edge', broker: brokerOfEdges(), edge: own },
    };
  }

  #compare(edge: EdgeDocument, isNew: boolean): void {
    const report = this.#states.find(edge)?.report;
    // One that has just come and never told will tell at once.
    if (report) this.#publisher.compare(edge, report.desired, isNew);
  }

  #onEvent(edge: EdgeDocument, event: EdgeEvent): void {
    if (event.type === 'left') {
      this.#inBackground(
        this.#book.leave(edge).then(() => {
          this.#publisher.refresh([edge._id]);
          this.#changed(edge.name);
        }),
      );
    }
    if (isExpired(event)) this.#publisher.renew(edge);
    this.#commands.onEvent(edge.name, event);
    for (const listener of this.#eventListeners) listener(edge.name, event);
  }

  async #unassign(model: string): Promise<void> {
    const before = this.#edgesOf(model);
    await this.#assignments.removeModel(model).finally(() => this.#assigned(before));
  }

  #edgesOf(model: string): ReadonlySet<string> {
    return new Set(this.#assignments.ofModel(model).map(({ edge }) => edgeKey(edge)));
  }

  #assigned(keys: ReadonlySet<string>): void {
    this.#publisher.refresh(keys);
    for (const key of keys) this.#changed(key);
  }

  /** What a crash left between a deletion and its consequences. */
  async #forgetWhatIsGone(): Promise<void> {
    for (const { edge } of this.#deployments.all()) {
      if (!this.#book.find(edge)) await this.#deployments.removeEdge(edge);
    }
    for (const { edge, model } of this.deps.stores.assignments.all()) {
      if (!this.#book.find(edge)) await this.#assignments.removeEdge(edge);
      if (!this.deps.registry.findModel(model)) await this.#assignments.removeModel(model);
    }
  }

  #listen(filter: string, listener: (message: BusMessage) => void): void {
    this.#ends.push(keepSubscribed(this.deps, filter, listener));
  }

  #changed(edge: string): void {
    this.rollouts.notice();
    for (const listener of this.#changeListeners) listener(edge);
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.deps.log.error('change of an edge could not be kept', { error }));
  }
}
