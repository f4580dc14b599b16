import { asModelManagementError, type ModelManagementError } from '../../errors';
import type { RunnerCounters } from '../../inference/model-runner';
import type { Arrival, JoinInput } from '../join/round-input';
import type { JoinConfig } from '../join-config';
import { liveGraphSlot } from '../live-graph';
import { MessageJoin, type MessageJoinOptions } from '../message-join';
import { lastWork } from './last-work';
import { lostCount, type NodeFigures, runningNodes } from './node-figures';
import type { NodeStatus, WorkFacts } from './node-status';
import { type FlowMessage, type RunningNode, refuseAll } from './running-node';

const closeGraceMs = 2_000;
/** A disk that hangs does not keep Node-RED from ending. */
const lastWorkMs = 5_000;
const statusIntervalMs = 1_000;

/** A message at a node's input, with the way on for its answer. */
export interface Incoming extends Arrival {
  readonly send: (message: FlowMessage) => void;
}

/** How an input that was run ends: exactly one of the two, once. */
export interface WorkOutcome {
  /** @param properties - of the message that goes on: `payload`, and what the node adds */
  answer(properties: Readonly<Record<string, unknown>>): void;
  fail(error: ModelManagementError): void;
  /** Given up without an error. */
  drop(): void;
}

/** What a node does with what came together: the part in which the nodes differ. */
export interface NodeWork {
  /** Since the start. */
  readonly counters: RunnerCounters;
  /**
   * Follows what it works with until the returned function is called.
   * @param onState - its state is another; `subject` is what would answer now: another one has not failed yet
   */
  start(onState: (subject: unknown) => void): () => void;
  run(input: JoinInput<Incoming>, outcome: WorkOutcome, isUnwired: boolean): void;
  statusOf(facts: WorkFacts): NodeStatus;
  /** Waits at most `graceMs` for what is under way, and fails the rest. */
  close(graceMs: number): Promise<void>;
}

export interface JoiningNodeConfig {
  readonly parentIds: readonly string[];
  readonly join: JoinConfig;
}

export type MessageAccess = Pick<MessageJoinOptions<Incoming>, 'getProperty' | 'copyValue' | 'copyMessage'>;

/** A node of a flow that joins its parents: messages, status and end, around its own work. */
class JoiningNode {
  private readonly join: MessageJoin<Incoming>;
  private readonly undo: (() => void)[] = [];
  private shown = '';
  private subject: unknown;
  private shownAnswers = 0;
  private isFailing = false;

  constructor(
    private readonly node: RunningNode,
    private readonly work: NodeWork,
    { parentIds, join }: JoiningNodeConfig,
    access: MessageAccess,
  ) {
    this.join = new MessageJoin<Incoming>({
      ...access,
      nodeId: node.id,
      parentIds,
      config: join,
      graphs: liveGraphSlot,
      run: (input) => this.run(input),
      onChange: () => this.showStatus(0),
    });
  }

  start(): void {
    this.join.start();
    this.undo.push(
      this.work.start((subject) => {
        // What answered before says nothing about this one.
        if (this.subject !== subject) this.isFailing = false;
        this.subject = subject;
        this.showStatus(0);
      }),
    );
    const timer = setInterval(() => this.showRate(), statusIntervalMs);
    timer.unref();
    this.undo.push(
      () => clearInterval(timer),
      runningNodes.add(() => this.figures()),
    );
  }

  /** Never throws; its `done` is called exactly once. */
  take(arrival: Incoming): void {
    this.join.take(arrival);
  }

  /** @param isRemoved - false: the node starts again at once */
  async close(isRemoved: boolean): Promise<void> {
    try {
      this.join.close(isRemoved);
      await Promise.all([this.work.close(closeGraceMs), lastWork.done(lastWorkMs)]);
    } finally {
      for (const undo of this.undo.splice(0)) undo();
    }
  }

  private run(input: JoinInput<Incoming>): void {
    const { message, send } = input.arrival;
    const outcome: WorkOutcome = {
      answer: (properties) => {
        this.isFailing = false;
        try {
          Object.assign(message, properties, input.messages ? { parents: input.messages } : {});
          send(message as FlowMessage);
        } catch (error) {
          input.finish(asModelManagementError(error));
          return;
        }
        input.finish();
      },
      fail: (error) => {
        // What the queue has no room for tells nothing of the work; it is counted as lost.
        if (error.code !== 'QUEUE_FULL') this.isFailing = true;
        input.finish(error);
      },
      drop: () => input.finish(),
    };
    this.work.run(input, outcome, this.join.isUnwired);
  }

  private figures(): NodeFigures {
    const { id, type } = this.node;
    return { id, type, ...this.work.counters, ...this.join.counters };
  }

  private showRate(): void {
    const { answered } = this.work.counters;
    const perSecond = answered - this.shownAnswers;
    this.shownAnswers = answered;
    this.showStatus(perSecond, perSecond === 0 ? this.join.waitsFor[0] : undefined);
  }

  private showStatus(perSecond: number, waitsFor?: string): void {
    const { joined, fault } = this.join.plan;
    const facts = {
      perSecond,
      isFailing: this.isFailing,
      joinedCount: joined.length,
      waitsFor,
      lostCount: lostCount(this.figures()),
    };
    const status: NodeStatus = fault ? { fill: 'red', shape: 'ring', text: 'bad join' } : this.work.statusOf(facts);
    const key = JSON.stringify(status);
    if (key === this.shown) return;
    this.shown = key;
    this.node.status(status);
  }
}

/**
 * Runs a node that Node-RED has just made, until Node-RED closes it.
 *
 * @param configure - reads the stored configuration and makes the node's work; a node whose configuration cannot be read
 * refuses all messages
 */
export function runJoiningNode(
  node: RunningNode,
  access: MessageAccess,
  configure: () => { readonly config: JoiningNodeConfig; readonly work: NodeWork },
): void {
  let own: JoiningNode;
  try {
    const { config, work } = configure();
    own = new JoiningNode(node, work, config, access);
  } catch (error) {
    refuseAll(node, asModelManagementError(error));
    return;
  }
  node.on('input', (message, send, done) => own.take({ message: message as Arrival['message'], send, done }));
  node.on('close', (removed, done) => {
    own.close(removed).then(done, (error: unknown) => {
      node.error(`close failed: ${String(error)}`);
      done();
    });
  });
  own.start();
}
