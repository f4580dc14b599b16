import { randomBytes } from 'node:crypto';
import type { ModelName } from '../ids';
import type { FlowEntry } from './flow-entry';
import { onnxModelDefaults } from './onnx-model-defaults';

export interface InferenceFlowOptions {
  readonly model: ModelName;
  /** Default `<model>/read`. */
  readonly inboundTopic?: string;
  /** Default `<model>/write`. */
  readonly outboundTopic?: string;
  /** An `mqtt-broker` node that exists already; without one the flow brings its own. */
  readonly brokerId?: string;
  /** Where that own one connects to; default `mqtt://localhost:1883`. Credentials in it are left out. */
  readonly brokerUrl?: string;
  /** Column names of the model's input, if known. */
  readonly features?: readonly string[];
}

const secureProtocols = new Set(['mqtts:', 'wss:', 'tls:', 'ssl:']);

/** Node-RED's own form of an id: 16 hex digits. */
function newFlowId(): string {
  return randomBytes(8).toString('hex');
}

/** The config nodes a flow needs to reach `brokerUrl`, the `mqtt-broker` first. */
function brokerNodes(brokerUrl: string): readonly FlowEntry[] {
  const url = new URL(brokerUrl);
  const isSecure = secureProtocols.has(url.protocol);
  const isWebSocket = url.protocol.startsWith('ws');
  const tls = isSecure ? { id: newFlowId(), type: 'tls-config', name: '', verifyservercert: true } : undefined;
  const broker = {
    id: newFlowId(),
    type: 'mqtt-broker',
    name: '',
    broker: isWebSocket ? `${url.protocol}//${url.host}${url.pathname}` : url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (isSecure ? '8883' : '1883'),
    tls: tls?.id ?? '',
    clientid: '',
    autoConnect: true,
    usetls: isSecure,
    protocolVersion: '4',
    keepalive: '60',
    cleansession: true,
    autoUnsubscribe: true,
  };
  return tls ? [broker, tls] : [broker];
}

/** `onnx-model` with every property of its stored configuration, as its dialog would save it. */
function modelNode(id: string, z: string, options: InferenceFlowOptions): FlowEntry {
  return {
    id,
    type: 'onnx-model',
    z,
    name: '',
    ...onnxModelDefaults,
    model: options.model,
    features: [...(options.features ?? [])],
    join: { ...onnxModelDefaults.join, parentKeys: 'name' },
  };
}

/**
 * A flow tab that answers messages of one topic on another with a model: `mqtt in` (JSON) → `onnx-model` → `mqtt out`,
 * and a `catch` that shows errors in the debug sidebar. Importable as it is; every call makes new ids.
 */
export function inferenceFlow(options: InferenceFlowOptions): readonly FlowEntry[] {
  const own = options.brokerId === undefined ? brokerNodes(options.brokerUrl ?? 'mqtt://localhost:1883') : [];
  const broker = options.brokerId ?? own[0]?.id;
  const [z, inbound, model, outbound, errors, debug] = Array.from({ length: 6 }, newFlowId) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const at = (x: number, y: number) => ({ x, y });
  return [
    { id: z, type: 'tab', label: `${options.model} inference`, disabled: false, info: '', env: [] },
    {
      id: inbound,
      type: 'mqtt in',
      z,
      name: '',
      topic: options.inboundTopic ?? `${options.model}/read`,
      qos: '1',
      datatype: 'json',
      broker,
      nl: false,
      rap: true,
      rh: 0,
      inputs: 0,
      ...at(150, 100),
      wires: [[model]],
    },
    { ...modelNode(model, z, options), ...at(370, 100), wires: [[outbound]] },
    {
      id: outbound,
      type: 'mqtt out',
      z,
      name: '',
      topic: options.outboundTopic ?? `${options.model}/write`,
      qos: '1',
      retain: 'false',
      respTopic: '',
      contentType: '',
      userProps: '',
      correl: '',
      expiry: '',
      broker,
      ...at(590, 100),
      wires: [],
    },
    { id: errors, type: 'catch', z, name: '', scope: null, uncaught: false, ...at(140, 180), wires: [[debug]] },
    {
      id: debug,
      type: 'debug',
      z,
      name: 'errors',
      active: true,
      tosidebar: true,
      console: false,
      tostatus: false,
      complete: 'error',
      targetType: 'msg',
      statusVal: '',
      statusType: 'auto',
      ...at(370, 180),
      wires: [],
    },
    ...own,
  ];
}
