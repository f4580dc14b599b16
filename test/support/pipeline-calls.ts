import assert from 'node:assert/strict';
import type { PipelineRunView, PipelineView } from '../../lib/pipeline/pipelines/views';
import { modelFlow } from './flows';
import type { ModelLab } from './model-lab';
import type { FlowNode } from './node-red';
import { addModel } from './onnx-models';
import { waitFor } from './wait-for';

/** A pipeline that runs, which adds one to each number; with its flow and the id of its tab. */
export async function startPlusPipeline(lab: ModelLab): Promise<{
  readonly flow: readonly FlowNode[];
  readonly id: string;
}> {
  await lab.upload('plus', addModel(1));
  const flow = modelFlow({ model: 'plus', brokerPort: lab.broker.port });
  await lab.deployFlow('plus');
  return { flow, id: flow.find(({ type }) => type === 'tab')?.id ?? '' };
}

/** What tests ask of one pipeline of a lab; both are there only once the tests run. */
export function pipelineCalls(lab: () => ModelLab, id: () => string) {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await lab().nodeRed.api<T>(method, `pipelines${path}`, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  const get = (): Promise<PipelineView> => call('GET', `/${id()}`);
  const reached = (state: PipelineView['state']): Promise<PipelineView> =>
    waitFor(
      async () => {
        const view = await get();
        return view.state === state ? view : undefined;
      },
      { what: `the state ${state}` },
    );
  /** Once no further run begins, as of a probe that is still on its way, and all are over. */
  const settledCounters = async (): Promise<PipelineView['counters']> => {
    let last: PipelineView['counters'] | undefined;
    return waitFor(
      async () => {
        const { items } = await call<{ items: PipelineRunView[] }>('GET', `/${id()}/runs?limit=1000`);
        const { counters } = await get();
        const isSettled = counters.runs === last?.runs && items.every(({ state }) => state !== 'running');
        last = counters;
        return isSettled ? counters : undefined;
      },
      { what: 'the runs to settle', intervalMs: 500 },
    );
  };
  const flowsNow = async () => (await lab().nodeRed.request<FlowNode[]>('GET', 'flows')).body;

  return { call, get, reached, settledCounters, flowsNow };
}
