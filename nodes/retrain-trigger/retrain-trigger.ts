import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { asModelManagementError, ModelManagementError } from '../../lib/errors';
import { cutStatus, failureText, type NodeStatus } from '../../lib/pipeline/node/node-status';
import { type FlowMessage, type RunningNode, refuseAll } from '../../lib/pipeline/node/running-node';
import type { SlotState } from '../../lib/service-slot';
import {
  decideTrigger,
  initialTrigger,
  isFinal,
  type RunView,
  type Training,
  type TriggerState,
  trainingSlot,
} from '../../lib/training';
import { parseConfig, type TriggerConfig } from './config';

type Done = (error?: Error) => void;

/** What is used of the platform beside the node itself. */
interface Access {
  getProperty(message: object, path: string): unknown;
  load(): TriggerState | undefined;
  store(state: TriggerState): void;
  send(messages: readonly [FlowMessage | null, FlowMessage | null]): void;
}

/** Starts a job by messages, and tells what becomes of the runs it started, also after a restart of Node-RED. */
class TriggerNode {
  private training: Training | undefined;
  private error: ModelManagementError | undefined;
  private last: RunView | undefined;
  private readonly told = new Map<string, string>();
  private stopListening = (): void => undefined;

  constructor(
    private readonly node: RunningNode,
    private readonly config: TriggerConfig,
    private readonly access: Access,
  ) {
    const stopWatching = trainingSlot.watch((slot) => this.follow(slot));
    node.on('input', (message, _send, done) => void this.take(message, done));
    node.on('close', (_removed, done) => {
      stopWatching();
      this.stopListening();
      done();
    });
  }

  private follow(slot: SlotState<Training>): void {
    this.stopListening();
    this.stopListening = () => undefined;
    this.training = slot.status === 'ready' ? slot.service : undefined;
    this.error = slot.status === 'unavailable' ? slot.error : undefined;
    if (this.training) {
      const { training } = this;
      this.stopListening = training.onChange((change) => {
        if (change.kind === 'run') this.tell(training.run(change.id));
        else if (change.kind === 'job') this.show();
      });
    }
    this.show();
  }

  private async take(message: FlowMessage, done: Done): Promise<void> {
    try {
      const { training, config } = this;
      if (!training)
        throw this.error ?? new ModelManagementError('STOPPED', 'The jobs are not there yet.', 'Send it again.');
      if (message['cancel'] === true) await training.cancelJob(config.job);
      else await this.count(training, message);
      this.error = undefined;
      done();
    } catch (error) {
      this.error = asModelManagementError(error);
      done(this.error);
    }
    this.show();
  }

  private async count(training: Training, message: FlowMessage): Promise<void> {
    const { config, access } = this;
    const value = config.mode === 'threshold' ? access.getProperty(message, config.property) : undefined;
    const { state, action, reason } = decideTrigger(config, access.load() ?? initialTrigger, value, Date.now());
    access.store(state);
    if (action === 'suppressed') return this.skip(reason ?? '');
    if (action === 'none') return;
    try {
      const overrides = message['overrides'];
      const body = overrides === undefined ? {} : { overrides };
      this.tell(await training.startRun(config.job, body, { trigger: 'node', user: null, node: this.node.id }));
    } catch (error) {
      if (!ModelManagementError.is(error) || error.code !== 'RUN_ACTIVE') throw error;
      this.skip(error.message);
    }
  }

  private skip(reason: string): void {
    this.access.send([null, { payload: { state: 'skipped', job: this.config.job, reason } }]);
  }

  /** Each state once; the end when the run is whole. */
  private tell(run: RunView): void {
    if (run.node !== this.node.id) return;
    this.last = run;
    this.show();
    const isWhole = run.state !== 'succeeded' || run.promotion !== undefined;
    const word = isFinal(run.state) && isWhole ? 'over' : run.state;
    if (this.told.get(run.id) === word || this.told.get(run.id) === 'over') return;
    const isNews = word !== 'over' || this.told.get(run.id) !== run.state;
    this.told.set(run.id, word);
    const { id, job, state } = run;
    if (isNews) {
      const phase = run.phases.at(-1)?.name ?? state;
      this.access.send([{ payload: { run: id, job, state, phase, at: new Date().toISOString() } }, null]);
    }
    if (word !== 'over') return;
    const { version, model, metrics, error, reason, promotion, durationMs } = run;
    const end = { run: id, job, state, model, version, metrics, error, reason, promotion, durationMs };
    const payload = Object.fromEntries(Object.entries(end).filter(([, value]) => value !== undefined));
    this.access.send([null, { payload }]);
    this.told.delete(id);
    this.told.set(id, 'over');
    if (this.told.size > 100) this.told.delete([...this.told.keys()][0] ?? '');
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
        send: (messages) => this.send([...messages] as NodeMessage[]),
      });
    } catch (error) {
      refuseAll(node, asModelManagementError(error));
    }
  }
  red.nodes.registerType('retrain-trigger', construct);
}
