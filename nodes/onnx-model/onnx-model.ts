import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { asModelManagementError, type ModelManagementError } from '../../lib/errors';
import { ModelRunner } from '../../lib/inference/model-runner';
import { Route } from '../../lib/inference/route';
import type { ServedVersion } from '../../lib/inference/served-version';
import { type Serving, servingSlot } from '../../lib/inference/serving';
import type { Usage } from '../../lib/registry/types';
import { type OnnxModelConfig, parseConfig } from './config';
import { messageInput } from './message-input';
import { type NodeStatus, statusOf } from './status';

const closeGraceMs = 2_000;
const statusIntervalMs = 1_000;

type Done = (error?: Error) => void;
type Send = (message: NodeMessage) => void;

/** One `onnx-model` node of a flow: follows its model and answers each message with it. */
class OnnxModelNode {
  private readonly route: Route;
  private readonly runner: ModelRunner;
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
  }

  start(): void {
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
    this.runner.submit({
      input: messageInput(this.red, this.node, this.config.inputMap, message),
      answer: (value, model) => {
        this.isFailing = false;
        try {
          message.payload = value;
          Object.assign(message, { model });
          send(message);
        } catch (error) {
          done(asModelManagementError(error));
          return;
        }
        done();
      },
      fail: (error) => {
        this.isFailing = true;
        done(error);
      },
      drop: () => done(),
    });
  }

  async close(): Promise<void> {
    try {
      await this.runner.close(closeGraceMs);
    } finally {
      for (const undo of this.undo.splice(0)) undo();
      this.unfollow?.();
      this.unfollow = undefined;
    }
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
    this.showStatus(answered - this.shownAnswers);
    this.shownAnswers = answered;
  }

  private showStatus(perSecond: number): void {
    const { route, isFailing } = this;
    const status: NodeStatus = statusOf({ route, state: route.state, perSecond, isFailing });
    const key = JSON.stringify(status);
    if (key === this.shown) return;
    this.shown = key;
    this.node.status(status);
  }
}

/** Name of the tab a node stands on; a node inside a subflow stands on none. */
function tabName(red: NodeAPI, tabId: string): string | undefined {
  let label: string | undefined;
  red.nodes.eachNode((entry) => {
    if (entry.id === tabId && entry.type === 'tab') label = (entry as NodeDef & { readonly label?: string }).label;
  });
  return label;
}

function followerOf(red: NodeAPI, node: Node): Usage {
  return {
    kind: 'node',
    id: node.id,
    name: node.name ?? '',
    // Read when somebody asks, because a tab may be renamed without a restart of its nodes.
    get tab() {
      return tabName(red, node.z) ?? '';
    },
  };
}

export default function register(red: NodeAPI): void {
  function construct(this: Node, definition: NodeDef): void {
    red.nodes.createNode(this, definition);
    let own: OnnxModelNode;
    try {
      own = new OnnxModelNode(red, this, parseConfig(definition), followerOf(red, this));
    } catch (error) {
      refuseAll(this, asModelManagementError(error));
      return;
    }
    this.on('input', (message, send, done) => own.take(message, send, done));
    this.on('close', (_removed: boolean, done: () => void) => {
      own.close().then(done, (error: unknown) => {
        this.error(`close failed: ${String(error)}`);
        done();
      });
    });
    own.start();
  }
  red.nodes.registerType('onnx-model', construct);
}

/** A node whose configuration cannot be read says so, to its author and to every message. */
function refuseAll(node: Node, error: ModelManagementError): void {
  node.status({ fill: 'red', shape: 'ring', text: 'bad configuration' });
  node.error(`${error.message}. ${error.hint}`);
  node.on('input', (_message, _send, done) => done(error));
}
