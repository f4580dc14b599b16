import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { asModelManagementError, type ModelManagementError } from '../../lib/errors';
import { LibraryLink, LibraryRunner, type LinkState, librariesSlot } from '../../lib/pipeline/library';
import type { Usage } from '../../lib/registry/types';
import { type PipelibConfig, parseConfig } from './config';
import { statusOf } from './status';

const closeGraceMs = 2_000;
const statusIntervalMs = 1_000;

type Done = (error?: Error) => void;
type Send = (message: NodeMessage) => void;

/** One `pipelib` node of a flow: follows its library and calls it once for each message. */
class PipelibNode {
  private readonly link: LibraryLink;
  private readonly runner: LibraryRunner;
  private readonly undo: (() => void)[] = [];
  private unfollow = (): void => undefined;
  private shown = '';
  private answering: LinkState | undefined;
  private shownAnswers = 0;
  private isFailing = false;

  constructor(
    private readonly node: Node,
    private readonly config: PipelibConfig,
    private readonly follower: Usage,
  ) {
    this.link = new LibraryLink(config.library, { status: 'waiting' });
    this.runner = new LibraryRunner(this.link, config.timeoutMs);
  }

  start(): void {
    this.undo.push(this.link.watch(() => this.onLink()));
    this.undo.push(
      librariesSlot.watch((slot) => {
        this.unfollow();
        this.unfollow = () => undefined;
        if (slot.status === 'unavailable') this.link.set({ status: 'failed', error: slot.error });
        else if (slot.status === 'pending') this.link.set({ status: 'waiting' });
        else {
          const following = slot.service.follow(this.config.library, this.follower);
          const stopMirror = this.link.mirror(following.link);
          this.unfollow = () => {
            stopMirror();
            following.release();
          };
        }
      }),
    );
    const timer = setInterval(() => this.showRate(), statusIntervalMs);
    timer.unref();
    this.undo.push(() => clearInterval(timer));
  }

  /** Never throws; calls `done` exactly once. */
  take(message: NodeMessage, send: Send, done: Done): void {
    const { id, name = '' } = this.node;
    this.runner.submit({
      input: message.payload,
      context: { msg: message as NodeMessage & Record<string, unknown>, node: { id, name }, parents: [] },
      answer: (value) => {
        this.isFailing = false;
        try {
          message.payload = value;
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
    });
  }

  async close(): Promise<void> {
    try {
      await this.runner.close(closeGraceMs);
    } finally {
      for (const undo of this.undo.splice(0)) undo();
      this.unfollow();
      this.unfollow = () => undefined;
    }
  }

  private onLink(): void {
    // What the revision before answered says nothing about this one.
    if (this.answering !== this.link.state) this.isFailing = false;
    this.answering = this.link.state;
    this.showStatus(0);
  }

  private showRate(): void {
    const { answered } = this.runner;
    this.showStatus(answered - this.shownAnswers);
    this.shownAnswers = answered;
  }

  private showStatus(perSecond: number): void {
    const { library } = this.config;
    const status = statusOf({ library, state: this.link.state, perSecond, isFailing: this.isFailing });
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
    let own: PipelibNode;
    try {
      own = new PipelibNode(this, parseConfig(definition), followerOf(red, this));
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
  red.nodes.registerType('pipelib', construct);
}

/** A node whose configuration cannot be read says so, to its author and to every message. */
function refuseAll(node: Node, error: ModelManagementError): void {
  node.status({ fill: 'red', shape: 'ring', text: 'bad configuration' });
  node.error(`${error.message}. ${error.hint}`);
  node.on('input', (_message, _send, done) => done(error));
}
