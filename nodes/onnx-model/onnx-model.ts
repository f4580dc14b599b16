import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { ModelRunner, type RunnerCounters } from '../../lib/inference/model-runner';
import { Route } from '../../lib/inference/route';
import { type Serving, servingSlot } from '../../lib/inference/serving';
import type { JoinInput } from '../../lib/pipeline/join/round-input';
import { type Incoming, type NodeWork, runJoiningNode, type WorkOutcome } from '../../lib/pipeline/node/joining-node';
import type { NodeStatus, WorkFacts } from '../../lib/pipeline/node/node-status';
import { usageOf } from '../../lib/pipeline/node/running-node';
import type { Usage } from '../../lib/registry/types';
import { type OnnxModelConfig, parseConfig } from './config';
import { messageInput } from './message-input';
import { statusOf } from './status';

/** Follows a model and answers with it. */
class ModelWork implements NodeWork {
  private readonly route: Route;
  private readonly runner: ModelRunner;
  private unfollow = (): void => undefined;

  constructor(
    private readonly red: NodeAPI,
    private readonly node: Node,
    private readonly config: OnnxModelConfig,
    private readonly follower: Usage,
  ) {
    const { source, model, file, version } = config;
    this.route = source === 'file' ? new Route('file', file, '') : new Route('model', model, version);
    const { features, result, format, label, timeoutMs, queue } = config;
    this.runner = new ModelRunner(this.route, { features, result, format, label, timeoutMs, queue });
  }

  get counters(): RunnerCounters {
    return this.runner.counters;
  }

  start(onState: (subject: unknown) => void): () => void {
    const unwatchRoute = this.route.watch(() => onState(this.route.served));
    const unwatchSlot = servingSlot.watch((slot) => {
      this.unfollow();
      this.unfollow = () => undefined;
      if (slot.status === 'ready') this.follow(slot.service);
      else if (slot.status === 'unavailable') this.route.set({ status: 'failed', error: slot.error });
      else this.route.set({ status: 'loading', version: null });
    });
    return () => {
      unwatchRoute();
      unwatchSlot();
      this.unfollow();
    };
  }

  run(input: JoinInput<Incoming>, outcome: WorkOutcome): void {
    const { red, node, config } = this;
    const message = input.arrival.message as NodeMessage;
    this.runner.submit({
      input: messageInput({ red, node, rows: config.inputMap, parentIds: config.parentIds }, message, input),
      answer: (payload, model) => outcome.answer({ payload, model }),
      fail: (error) => outcome.fail(error),
      drop: () => outcome.drop(),
    });
  }

  statusOf(facts: WorkFacts): NodeStatus {
    const { route } = this;
    return statusOf({ ...facts, route, state: route.state });
  }

  close(graceMs: number): Promise<void> {
    return this.runner.close(graceMs);
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
}

export default function register(red: NodeAPI): void {
  const access = {
    getProperty: (message: object, path: string): unknown => red.util.getMessageProperty(message as NodeMessage, path),
    // Tensors are made of the values at once; nothing writes to them.
    copyValue: <T>(shared: T): T => shared,
    copyMessage: <T>(message: T): T => red.util.cloneMessage(message as NodeMessage) as T,
  };
  function construct(this: Node, definition: NodeDef): void {
    red.nodes.createNode(this, definition);
    runJoiningNode(this, access, () => {
      const config = parseConfig(definition);
      return { config, work: new ModelWork(red, this, config, usageOf(this, red.nodes.eachNode)) };
    });
  }
  red.nodes.registerType('onnx-model', construct);
}
