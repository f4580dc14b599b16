import type { ModelName } from '../ids';
import type { FlowEntry } from './flow-entry';
import { brokerNodes, errorNodes, flowTab, localBrokerUrl, mqttIn, mqttOut, newFlowId } from './flow-nodes';
import { onnxModelDefaults } from './onnx-model-defaults';
import { pipelibDefaults } from './pipelib-defaults';

export interface InferenceFlowOptions {
  /** Of the tab; default `<model> inference`, or `Pipeline`. */
  readonly name?: string;
  /** What answers. */
  readonly model?: ModelName;
  /** What answers where no model does; default one that passes on what it gets, to be replaced. */
  readonly library?: string;
  /** Default `<model>/read`, or `pipeline/read`. */
  readonly inboundTopic?: string;
  /** Default `<model>/write`, or `pipeline/write`. */
  readonly outboundTopic?: string;
  /** An `mqtt-broker` node that exists already; without one the flow brings its own. */
  readonly brokerId?: string;
  /** Where that own one connects to; default `mqtt://localhost:1883`. Credentials in it are left out. */
  readonly brokerUrl?: string;
  /** Column names of the model's input, if known. */
  readonly features?: readonly string[];
}

/** `onnx-model` with every property of its stored configuration, as its dialog would save it. */
function modelNode(id: string, model: ModelName, features: readonly string[] = []): FlowEntry {
  return {
    id,
    type: 'onnx-model',
    name: '',
    ...onnxModelDefaults,
    model,
    features: [...features],
    join: { ...onnxModelDefaults.join, parentKeys: 'name' },
  };
}

/** `pipelib` in the same manner. */
function libraryNode(id: string, library: string): FlowEntry {
  return {
    id,
    type: 'pipelib',
    name: '',
    ...pipelibDefaults,
    library,
    join: { ...pipelibDefaults.join, parentKeys: 'name' },
  };
}

/**
 * A flow tab that answers messages of one topic on another: `mqtt in` (JSON) → `onnx-model` or `pipelib` → `mqtt out`, and a
 * `catch` that shows errors in the debug sidebar. Importable as it is; every call makes new ids.
 */
export function inferenceFlow(options: InferenceFlowOptions): readonly FlowEntry[] {
  const own = options.brokerId === undefined ? brokerNodes(options.brokerUrl ?? localBrokerUrl) : undefined;
  const broker = options.brokerId ?? own?.[0].id ?? '';
  const [z, inbound, answering, outbound] = [newFlowId(), newFlowId(), newFlowId(), newFlowId()];
  const { model, library = 'pipelib_merge', features } = options;
  const prefix = model ?? 'pipeline';
  const inboundTopic = options.inboundTopic ?? `${prefix}/read`;
  const outboundTopic = options.outboundTopic ?? `${prefix}/write`;
  const node = model === undefined ? libraryNode(answering, library) : modelNode(answering, model, features);
  return [
    flowTab(z, options.name ?? (model === undefined ? 'Pipeline' : `${model} inference`)),
    mqttIn({ id: inbound, topic: inboundTopic, broker }, [answering], { z, x: 150, y: 100 }),
    { ...node, z, x: 370, y: 100, wires: [[outbound]] },
    mqttOut({ id: outbound, topic: outboundTopic, broker }, { z, x: 590, y: 100 }),
    ...errorNodes({ z, x: 140, y: 180 }),
    ...(own ?? []),
  ];
}
