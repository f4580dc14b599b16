import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import type { RunnerCounters } from '../../lib/inference/model-runner';
import type { JoinInput } from '../../lib/pipeline/join/round-input';
import { type Libraries, LibraryLink, LibraryRunner, librariesSlot } from '../../lib/pipeline/library';
import { type Incoming, type NodeWork, runJoiningNode, type WorkOutcome } from '../../lib/pipeline/node/joining-node';
import type { NodeStatus, WorkFacts } from '../../lib/pipeline/node/node-status';
import { usageOf } from '../../lib/pipeline/node/running-node';
import type { Usage } from '../../lib/registry/types';
import { type PipelibConfig, parseConfig } from './config';
import { statusOf } from './status';

/** Follows a library and calls it once for each message or round. */
class LibraryWork implements NodeWork {
  private readonly link: LibraryLink;
  private readonly runner: LibraryRunner;
  private unfollow = (): void => undefined;

  constructor(
    private readonly node: Node,
    config: PipelibConfig,
    private readonly follower: Usage,
  ) {
    this.link = new LibraryLink(config.library, { status: 'waiting' });
    this.runner = new LibraryRunner(this.link, config.timeoutMs);
  }

  get counters(): RunnerCounters {
    return this.runner.counters;
  }

  start(onState: (subject: unknown) => void): () => void {
    const unwatchLink = this.link.watch(() => onState(this.link.state));
    const unwatchSlot = librariesSlot.watch((slot) => {
      this.unfollow();
      this.unfollow = () => undefined;
      if (slot.status === 'ready') this.follow(slot.service);
      else if (slot.status === 'unavailable') this.link.set({ status: 'failed', error: slot.error });
      else this.link.set({ status: 'waiting' });
    });
    return () => {
      unwatchLink();
      unwatchSlot();
      this.unfollow();
    };
  }

  run({ arrival, value, parents }: JoinInput<Incoming>, outcome: WorkOutcome, isUnwired: boolean): void {
    const { id, name = '' } = this.node;
    this.runner.submit({
      // As the original does for a step that nothing leads to.
      input: isUnwired ? {} : value,
      context: {
        msg: arrival.message,
        node: { id, name },
        parents: parents.map(({ value: _value, ...parent }) => parent),
      },
      answer: (payload) => outcome.answer({ payload }),
      fail: (error) => outcome.fail(error),
    });
  }

  statusOf(facts: WorkFacts): NodeStatus {
    const { name, state } = this.link;
    return statusOf({ ...facts, library: name, state });
  }

  close(graceMs: number): Promise<void> {
    return this.runner.close(graceMs);
  }

  private follow(libraries: Libraries): void {
    const following = libraries.follow(this.link.name, this.follower);
    const stopMirror = this.link.mirror(following.link);
    this.unfollow = () => {
      stopMirror();
      following.release();
    };
  }
}

export default function register(red: NodeAPI): void {
  const access = {
    getProperty: (message: object, path: string): unknown => red.util.getMessageProperty(message as NodeMessage, path),
    copyValue: <T>(shared: T): T => red.util.cloneMessage(shared as NodeMessage) as T,
    copyMessage: <T>(message: T): T => red.util.cloneMessage(message as NodeMessage) as T,
  };
  function construct(this: Node, definition: NodeDef): void {
    red.nodes.createNode(this, definition);
    runJoiningNode(this, access, () => {
      const config = parseConfig(definition);
      return { config, work: new LibraryWork(this, config, usageOf(this, red.nodes.eachNode)) };
    });
  }
  red.nodes.registerType('pipelib', construct);
}
