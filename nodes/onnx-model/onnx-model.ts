import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { asModelManagementError } from '../../lib/errors';
import { ModelRunner } from '../../lib/inference/model-runner';
import { Route } from '../../lib/inference/route';
import type { ServedVersion } from '../../lib/inference/served-version';
import { type Serving, servingSlot } from '../../lib/inference/serving';
import type { Arrival, JoinInput } from '../../lib/pipeline/join/round-input';
import { liveGraphSlot } from '../../lib/pipeline/live-graph';
import { MessageJoin } from '../../lib/pipeline/message-join';
import { refuseAll, usageOf } from '../../lib/pipeline/node/running-node';
import type { Usage } from '../../lib/registry/types';
import { type OnnxModelConfig, parseConfig } from './config';
import { messageInput } from './message-input';
import { statusOf } from './status';

const closeGraceMs = 2_000;
const statusIntervalMs = 1_000;

type Done = (error?: Error) => void;
type Send = (message: NodeMessage) => void;

/** A message at the node's input, with the way on for its answer. */
interface Incoming extends Arrival {
  readonly send: Send;
}

/** One `onnx-model` node of a flow: follows its model and answers each message with it. */
class OnnxModelNode {
  private readonly route: Route;
  private readonly runner: ModelRunner;
  private readonly join: MessageJoin<Incoming>;
  private readonly undo: (() => void)[] = [];
  private unfollow: (() => void) | undefined;
  private shown = '';
  private answering: ServedVersion | undefined;
  private shownAnswers = 0;
  private isFailing = false;

  constructor(
    private readonly red: NodeAPI,
    private readonly node: Node,
    private readonly config: OnnxModelConfig,
    private readonly follower: Usage,
  ) {
    const isFile = config.source === 'file';
    this.route = new Route(
      config.source === 'file' ? 'file' : 'model',
      isFile ? config.file : config.model,
      isFile ? '' : config.version,
    );
    const { features, result, format, label, timeoutMs, queue } = config;
    this.runner = new ModelRunner(this.route, { features, result, format, label, timeoutMs, queue });
    this.join = new MessageJoin<Incoming>({
      nodeId: node.id,
      parentIds: config.parentIds,
      config: config.join,
      graphs: liveGraphSlot,
      getProperty: (message, path) => red.util.getMessageProperty(message, path),
      // Tensors are made of the values at once; nothing writes to them.
      copy: (shared) => shared,
      run: (input) => this.run(input),
      onChange: () => this.showStatus(0),
    });
  }

  start(): void {
    this.join.start();
    this.undo.push(this.route.watch(() => this.onRoute()));
    this.undo.push(
      servingSlot.watch((slot) => {
        this.unfollow?.();
        this.unfollow = undefined;
        if (slot.status === 'ready') this.follow(slot.service);
        else if (slot.status === 'unavailable') this.route.set({ status: 'failed', error: slot.error });
        else this.route.set({ status: 'loading', version: null });
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
    const { red, node, config } = this;
    this.runner.submit({
      input: messageInput({ red, node, rows: config.inputMap, parentIds: config.parentIds }, message, input),
      answer: (value, model) => {
        this.isFailing = false;
        try {
          Object.assign(message, { payload: value, model, ...(input.messages ? { parents: input.messages } : {}) });
          send(message);
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
      drop: () => input.finish(),
    });
  }

  private onRoute(): void {
    // What the version before answered says nothing about this one.
    if (this.answering !== this.route.served) this.isFailing = false;
    this.answering = this.route.served;
    this.showStatus(0);
  }

  private follow(serving: Serving): void {
    const { config, follower } = this;
    const following =
      config.source === 'file'
        ? serving.followFile(config.file, follower)
        : serving.follow(config.model, config.version, follower);
    const stopMirror = this.route.mirror(following.route);
    this.unfollow = () => {
      stopMirror();
      following.release();
    };
  }

  private showRate(): void {
    const { answered } = this.runner.counters;
    const perSecond = answered - this.shownAnswers;
    this.shownAnswers = answered;
    this.showStatus(perSecond, perSecond === 0 ? this.join.waitsFor[0] : undefined);
  }

  private showStatus(perSecond: number, waitsFor?: string): void {
    const { route, isFailing, join } = this;
    const { joined, fault } = join.plan;
    const status = statusOf({
      route,
      state: route.state,
      perSecond,
      isFailing,
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
    let own: OnnxModelNode;
    try {
      own = new OnnxModelNode(red, this, parseConfig(definition), usageOf(this, red.nodes.eachNode));
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
  red.nodes.registerType('onnx-model', construct);
}
