import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { asModelManagementError } from '../../lib/errors';
import type { Arrival, JoinInput } from '../../lib/pipeline/join/round-input';
import { type Libraries, LibraryLink, LibraryRunner, type LinkState, librariesSlot } from '../../lib/pipeline/library';
import { liveGraphSlot } from '../../lib/pipeline/live-graph';
import { MessageJoin } from '../../lib/pipeline/message-join';
import { refuseAll, usageOf } from '../../lib/pipeline/node/running-node';
import type { Usage } from '../../lib/registry/types';
import { type PipelibConfig, parseConfig } from './config';
import { statusOf } from './status';

const closeGraceMs = 2_000;
const statusIntervalMs = 1_000;

type Done = (error?: Error) => void;
type Send = (message: NodeMessage) => void;

/** A message at the node's input, with the way on for its answer. */
interface Incoming extends Arrival {
  readonly send: Send;
}

/** One `pipelib` node of a flow: follows its library and calls it once for each message or round. */
class PipelibNode {
  private readonly link: LibraryLink;
  private readonly runner: LibraryRunner;
  private readonly join: MessageJoin<Incoming>;
  private readonly undo: (() => void)[] = [];
  private unfollow: (() => void) | undefined;
  private shown = '';
  private answering: LinkState | undefined;
  private shownAnswers = 0;
  private isFailing = false;

  constructor(
    red: NodeAPI,
    private readonly node: Node,
    private readonly config: PipelibConfig,
    private readonly follower: Usage,
  ) {
    this.link = new LibraryLink(config.library, { status: 'waiting' });
    this.runner = new LibraryRunner(this.link, config.timeoutMs);
    this.join = new MessageJoin<Incoming>({
      nodeId: node.id,
      parentIds: config.parentIds,
      config: config.join,
      graphs: liveGraphSlot,
      getProperty: (message, path) => red.util.getMessageProperty(message, path),
      copy: (shared) => red.util.cloneMessage(shared as NodeMessage) as typeof shared,
      run: (input) => this.run(input),
      onChange: () => this.showStatus(0),
    });
  }

  start(): void {
    this.join.start();
    this.undo.push(this.link.watch(() => this.onLink()));
    this.undo.push(
      librariesSlot.watch((slot) => {
        this.unfollow?.();
        this.unfollow = undefined;
        if (slot.status === 'ready') this.follow(slot.service);
        else if (slot.status === 'unavailable') this.link.set({ status: 'failed', error: slot.error });
        else this.link.set({ status: 'waiting' });
      }),
    );
    const timer = setInterval(() => this.showRate(), statusIntervalMs);
    timer.unref();
    this.undo.push(() => clearInterval(timer));
  }

  /** Never throws; calls `done` exactly once. */
  take(message: NodeMessage, send: Send, done: Done): void {
    this.join.take({ message: message as NodeMessage & Record<string, unknown>, send, done });
  }

  /** @param isRemoved - false: the node starts again at once */
  async close(isRemoved: boolean): Promise<void> {
    try {
      this.join.close(isRemoved);
      await this.runner.close(closeGraceMs);
    } finally {
      for (const undo of this.undo.splice(0)) undo();
      this.unfollow?.();
      this.unfollow = undefined;
    }
  }

  private run(input: JoinInput<Incoming>): void {
    const { message, send } = input.arrival;
    const { id, name = '' } = this.node;
    const parents = input.parents.map(({ value: _value, ...parent }) => parent);
    this.runner.submit({
      // As the original does for a step that nothing leads to.
      input: this.join.isUnwired ? {} : input.value,
      context: { msg: message, node: { id, name }, parents },
      answer: (value) => {
        this.isFailing = false;
        try {
          Object.assign(message, { payload: value, ...(input.messages ? { parents: input.messages } : {}) });
          send(message as NodeMessage);
        } catch (error) {
          input.finish(asModelManagementError(error));
          return;
        }
        input.finish();
      },
      fail: (error) => {
        this.isFailing = true;
        input.finish(error);
      },
    });
  }

  private onLink(): void {
    // What the revision before answered says nothing about this one.
    if (this.answering !== this.link.state) this.isFailing = false;
    this.answering = this.link.state;
    this.showStatus(0);
  }

  private follow(libraries: Libraries): void {
    const following = libraries.follow(this.config.library, this.follower);
    const stopMirror = this.link.mirror(following.link);
    this.unfollow = () => {
      stopMirror();
      following.release();
    };
  }

  private showRate(): void {
    const { answered } = this.runner;
    const perSecond = answered - this.shownAnswers;
    this.shownAnswers = answered;
    this.showStatus(perSecond, perSecond === 0 ? this.join.waitsFor[0] : undefined);
  }

  private showStatus(perSecond: number, waitsFor?: string): void {
    const { joined, fault } = this.join.plan;
    const status = statusOf({
      library: this.config.library,
      state: this.link.state,
      perSecond,
      isFailing: this.isFailing,
      joinedCount: joined.length,
      waitsFor,
      isBadJoin: fault !== undefined,
    });
    const key = JSON.stringify(status);
    if (key === this.shown) return;
    this.shown = key;
    this.node.status(status);
  }
}

export default function register(red: NodeAPI): void {
  function construct(this: Node, definition: NodeDef): void {
    red.nodes.createNode(this, definition);
    let own: PipelibNode;
    try {
      own = new PipelibNode(red, this, parseConfig(definition), usageOf(this, red.nodes.eachNode));
    } catch (error) {
      refuseAll(this, asModelManagementError(error));
      return;
    }
    this.on('input', (message, send, done) => own.take(message, send, done));
    this.on('close', (removed: boolean, done: () => void) => {
      own.close(removed).then(done, (error: unknown) => {
        this.error(`close failed: ${String(error)}`);
        done();
      });
    });
    own.start();
  }
  red.nodes.registerType('pipelib', construct);
}
