import type { NodeAPI } from 'node-red';
import { z } from 'zod';
import { invalidInput, ModelManagementError } from '../../../../lib/errors';
import { type DryRunFacts, examineDryRun, type NamedNode } from '../../../../lib/pipeline/pipelines/dry-run';
import type { EffectOptions } from '../../../../lib/pipeline/pipelines/node-effects';
import type { PipelineWatch } from '../../../../lib/pipeline/pipelines/pipeline-watch';
import type { Pipeline, PipelineNode } from '../../../../lib/pipeline/pipelines/pipelines';
import { payloadFor } from '../../../../lib/pipeline/pipelines/test-input';
import { flowEntries } from './flow-entries';

const DELIVER_HOOK = 'preDeliver.model-management';

export const TestInput = z.strictObject({
  payload: z.unknown(),
  nodeId: z.string().exactOptional(),
  dryRun: z.boolean().default(true),
  confirm: z.boolean().default(false),
});

function refuseUnsafe({ effects, newIds, roundTrips, mixing }: DryRunFacts, isConfirmed: boolean): void {
  const words = (nodes: readonly NamedNode[]): string =>
    nodes.map(({ name, type }) => (name === '' ? type : `${name} (${type})`)).join(', ');
  const refuse = (nodes: readonly NamedNode[], message: string): void => {
    if (nodes.length === 0) return;
    const hint = 'Test it for real, or test the part behind it.';
    throw new ModelManagementError('DRY_RUN_REFUSED', message, hint, { details: { nodes } });
  };
  refuse(
    newIds,
    `After ${words(newIds)} messages have ids of their own, so what becomes of the test could not be held back.`,
  );
  refuse(
    roundTrips,
    `What ${words(roundTrips)} publishes comes back to this pipeline in messages with ids of their own, so a dry run would end halfway.`,
  );
  refuse(
    mixing,
    `In ${words(mixing)} the test would be joined with messages that are no test, and be published with them.`,
  );
  if (effects.length > 0 && !isConfirmed) {
    throw new ModelManagementError(
      'HAS_EFFECTS',
      `These nodes may do something outside of Node-RED, or change what later messages come to, also in a dry run: ${words(effects)}.`,
      'Confirm that they may.',
      { details: { nodes: effects } },
    );
  }
}

export type TestInput = z.infer<typeof TestInput>;

/** Sends messages of a user into pipelines that run. */
export class PipelineTester {
  constructor(
    private readonly red: NodeAPI,
    private readonly watch: PipelineWatch,
    private readonly options: () => EffectOptions,
  ) {}

  /**
   * Gives a message to a node that begins runs, as if it had come there.
   * @param nodeId - in the flow file, or the runtime id of one inside a subflow
   * @returns the id of the run
   * @throws {ModelManagementError} `INVALID_INPUT`; `FLOWS_NOT_RUNNING` while it is stopped; `DRY_RUN_REFUSED`;
   * `HAS_EFFECTS` naming nodes that may do something outside, unless `confirm`
   */
  test(pipeline: Pipeline, doFlowsRun: boolean, { payload, nodeId, dryRun, confirm }: TestInput): string {
    if (pipeline.isDisabled || !doFlowsRun) throw notRunning('The pipeline does not run.');
    const start = startOf(pipeline, nodeId);
    const entries = flowEntries(this.red);
    if (dryRun) refuseUnsafe(examineDryRun(entries, start.runtimeId, this.options()), confirm);
    const entry = entries.find((one) => one.id === start.id);
    const node = this.red.nodes.getNode(start.runtimeId) as { send(message: object): void } | null;
    if (!entry || !node) throw notRunning('The node does not run.');
    const runId = this.red.util.generateId();
    const message = {
      _msgid: runId,
      topic: start.topic ?? '',
      payload: payloadFor(entry, payload),
      qos: 0,
      retain: false,
    };
    this.watch.begin(pipeline.id, runId, dryRun);
    if (dryRun) this.#hold();
    node.send(message);
    return runId;
  }

  /** The hook that holds dry runs back is there only while there may be any. */
  release(): void {
    if (!this.watch.traces.expire()) this.stop();
  }

  stop(): void {
    this.red.hooks.remove(DELIVER_HOOK);
  }

  #hold(): void {
    const { hooks } = this.red;
    // Registering a name twice throws.
    hooks.remove(DELIVER_HOOK);
    hooks.add(DELIVER_HOOK, this.watch.onDeliver as Parameters<typeof hooks.add>[1]);
  }
}

/** The node that was asked for; else the first subscription, else the first that begins runs. */
function startOf({ nodes }: Pipeline, nodeId: string | undefined): PipelineNode {
  const starts = nodes.filter(({ kind }) => kind === 'inbound' || kind === 'source');
  const first = starts.find(({ kind }) => kind === 'inbound') ?? starts[0];
  const start =
    nodeId === undefined
      ? first
      : (starts.find(({ runtimeId }) => runtimeId === nodeId) ?? starts.find(({ id }) => id === nodeId));
  if (start) return start;
  throw invalidInput(
    'nodeId',
    nodeId === undefined ? 'No node of the pipeline begins runs.' : `${nodeId} is none of the nodes that begin runs.`,
    'Name an mqtt in, inject or the like of this pipeline.',
  );
}

const notRunning = (message: string): ModelManagementError =>
  new ModelManagementError('FLOWS_NOT_RUNNING', message, 'Start the pipeline.');
