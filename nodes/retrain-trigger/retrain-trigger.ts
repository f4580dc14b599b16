import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { asModelManagementError, ModelManagementError } from '../../lib/errors';
import { cutStatus, failureText, type NodeStatus } from '../../lib/pipeline/node/node-status';
import { type FlowMessage, onClose, type RunningNode, refuseAll } from '../../lib/pipeline/node/running-node';
import type { SlotState } from '../../lib/service-slot';
import {
  decideTrigger,
  initialTrigger,
  isFinal,
  type TriggeredRun,
  type TriggerState,
  type TriggerTarget,
  trainingSlot,
} from '../../lib/training';
import { parseConfig, type TriggerConfig } from './config';

type Done = (error?: Error) => void;

/** What is used of the platform beside the node itself. */
interface Access {
  getProperty(message: object, path: string): unknown;
  load(): TriggerState | undefined;
  store(state: TriggerState): void;
  /** Calls when the flows run: what is sent before may reach nobody. @returns stops it */
  onceStarted(listener: () => void): () => void;
  send(messages: readonly [FlowMessage | null, FlowMessage | null]): void;
}

/** Starts a job by messages, and tells what becomes of the runs it started, also after a restart of Node-RED. */
class TriggerNode {
  private training: TriggerTarget | undefined;
  private error: ModelManagementError | undefined;
  private last: TriggeredRun | undefined;
  /** The state of each run under way that was told last. */
  private readonly told = new Map<string, string>();
  private isStarted = false;
  /** Messages take turns: each counts from what the one before left. */
  private counting: Promise<unknown> = Promise.resolve();
  private stopListening = (): void => undefined;

  constructor(
    private readonly node: RunningNode,
    private readonly config: TriggerConfig,
    private readonly access: Access,
  ) {
    const stopWatching = trainingSlot.watch((slot) => this.follow(slot));
    const stopWaiting = access.onceStarted(() => {
      this.isStarted = true;
      this.catchUp();
    });
    node.on('input', (message, _send, done) => void this.take(message, done));
    onClose(node, () => {
      stopWatching();
      stopWaiting();
      this.stopListening();
    });
  }

  private follow(slot: SlotState<TriggerTarget>): void {
    this.stopListening();
    this.stopListening = () => undefined;
    this.training = slot.status === 'ready' ? slot.service : undefined;
    this.error = slot.status === 'unavailable' ? slot.error : undefined;
    if (this.training) {
      const { training } = this;
      this.stopListening = training.onChange((change) => {
        if (change.kind === 'run') this.tell(training.run(change.id), training);
        else if (change.kind === 'job') this.show();
      });
      this.catchUp();
    }
    this.show();
  }

  /** What ended while nobody listened. */
  private catchUp(): void {
    const { training } = this;
    if (!training || !this.isStarted) return;
    for (const run of training.endsOf(this.node.id)) this.tell(run, training);
  }

  private async take(message: FlowMessage, done: Done): Promise<void> {
    try {
      const { training, config } = this;
      if (!training)
        throw this.error ?? new ModelManagementError('STOPPED', 'The jobs are not there yet.', 'Send it again.');
      if (message['cancel'] === true) await training.cancelJob(config.job);
      else await this.countInTurn(training, message);
      this.error = undefined;
      done();
    } catch (error) {
      this.error = asModelManagementError(error);
      done(this.error);
    }
    this.show();
  }

  private countInTurn(training: TriggerTarget, message: FlowMessage): Promise<void> {
    const result = this.counting.then(() => this.count(training, message));
    this.counting = result.catch(() => undefined);
    return result;
  }

  private async count(training: TriggerTarget, message: FlowMessage): Promise<void> {
    const { config, access } = this;
    const value = config.mode === 'threshold' ? access.getProperty(message, config.property) : undefined;
    const decision = decideTrigger(config, access.load() ?? initialTrigger, value, Date.now());
    if (decision.action !== 'fire') {
      access.store(decision.state);
      if (decision.action === 'suppressed') this.skip(decision.reason);
      return;
    }
    try {
      const overrides = message['overrides'];
      const body = overrides === undefined ? {} : { overrides };
      // Its states are heard as those of any other run.
      const run = await training.startRun(config.job, body, { trigger: 'node', user: null, node: this.node.id });
      access.store(decision.state);
      if (run.joined) this.skip(`run ${run.number} waits already, and will see the same data`);
    } catch (error) {
      access.store(decision.ifRefused);
      if (!ModelManagementError.is(error) || error.code !== 'RUN_ACTIVE') throw error;
      this.skip(error.message);
    }
  }

  private skip(reason: string): void {
    this.access.send([null, { payload: { state: 'skipped', job: this.config.job, reason } }]);
  }

  /** Each state once; the end when the run is whole. */
  private tell(run: TriggeredRun, training: TriggerTarget): void {
    if (run.node !== this.node.id) return;
    this.last = run;
    this.show();
    const { id, job, state } = run;
    if (!this.isStarted || training.isEndTold(id)) return;
    if (this.told.get(id) !== state) {
      this.told.set(id, state);
      const phase = run.phases.at(-1)?.name ?? state;
      this.access.send([{ payload: { run: id, job, state, phase, at: new Date().toISOString() } }, null]);
    }
    const isWhole = state !== 'succeeded' || run.promotion !== undefined;
    if (!isFinal(state) || !isWhole) return;
    this.told.delete(id);
    training.noteEndTold(id);
    const { version, model, metrics, error, reason, promotion, durationMs } = run;
    const end = { run: id, job, state, model, version, metrics, error, reason, promotion, durationMs };
    const payload = Object.fromEntries(Object.entries(end).filter(([, value]) => value !== undefined));
    this.access.send([null, { payload }]);
  }

  private show(): void {
    this.node.status(this.status());
  }

  private status(): NodeStatus {
    const { job, mode, count } = this.config;
    if (this.training && !this.training.hasJob(job)) {
      return { fill: 'red', shape: 'ring', text: cutStatus(job === '' ? 'no job chosen' : `no job ${job}`) };
    }
    if (this.error) return { fill: 'red', shape: 'dot', text: cutStatus(failureText(this.error.code, {})) };
    if (!this.training) return { fill: 'yellow', shape: 'ring', text: 'starting' };
    if (this.last && !isFinal(this.last.state))
      return { fill: 'blue', shape: 'ring', text: cutStatus(this.last.state) };
    const counted = mode === 'count' ? `${this.access.load()?.count ?? 0}/${count}` : '';
    const word = this.last?.state.replace('_', ' ') ?? '';
    const isBad = word !== '' && word !== 'succeeded' && word !== 'skipped';
    const text = [word, counted].filter(Boolean).join(' · ') || 'ready';
    return { fill: isBad ? 'red' : 'green', shape: 'dot', text: cutStatus(text) };
  }
}

export default function register(red: NodeAPI): void {
  function construct(this: Node, definition: NodeDef): void {
    red.nodes.createNode(this, definition);
    const node = this as unknown as RunningNode;
    try {
      const context = this.context();
      new TriggerNode(node, parseConfig(definition), {
        getProperty: (message, path) => red.util.getMessageProperty(message as NodeMessage, path),
        load: () => context.get('trigger') as TriggerState | undefined,
        store: (state) => context.set('trigger', state),
        onceStarted: (listener) => {
          red.events.once('flows:started', listener);
          return () => red.events.off('flows:started', listener);
        },
        send: (messages) => this.send([...messages] as NodeMessage[]),
      });
    } catch (error) {
      refuseAll(node, asModelManagementError(error));
    }
  }
  red.nodes.registerType('retrain-trigger', construct);
}
