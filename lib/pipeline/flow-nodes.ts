import { randomBytes } from 'node:crypto';
import type { FlowEntry } from './flow-entry';

/** Where a node is: its tab, and the middle of its box in pixels. */
export interface FlowPlace {
  readonly z: string;
  readonly x: number;
  readonly y: number;
}

/** What `mqtt in` and `mqtt out` need besides their place. */
export interface MqttNodeOptions {
  readonly id: string;
  readonly name?: string;
  readonly topic: string;
  /** Id of an `mqtt-broker`. */
  readonly broker: string;
}

/** Where flows connect to when nothing else is known. */
export const localBrokerUrl = 'mqtt://localhost:1883';

const secureProtocols = new Set(['mqtts:', 'wss:', 'tls:', 'ssl:']);

/** Node-RED's own form of an id: 16 hex digits. */
export function newFlowId(): string {
  return randomBytes(8).toString('hex');
}

/** The config nodes a flow needs to reach `brokerUrl`, the `mqtt-broker` first. Credentials in it are left out. */
export function brokerNodes(brokerUrl: string): readonly [FlowEntry, ...FlowEntry[]] {
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

export function flowTab(id: string, label: string, info = ''): FlowEntry {
  return { id, type: 'tab', label, disabled: false, info, env: [] };
}

/** `mqtt in` for JSON; a message that is none goes to the tab's `catch`. */
export function mqttIn({ id, name = '', topic, broker }: MqttNodeOptions, wires: readonly string[], place: FlowPlace) {
  return {
    id,
    type: 'mqtt in',
    name,
    topic,
    qos: '1',
    datatype: 'json',
    broker,
    nl: false,
    rap: true,
    rh: 0,
    inputs: 0,
    ...place,
    wires: [[...wires]],
  };
}

export function mqttOut({ id, name = '', topic, broker }: MqttNodeOptions, place: FlowPlace) {
  return {
    id,
    type: 'mqtt out',
    name,
    topic,
    qos: '1',
    retain: 'false',
    respTopic: '',
    contentType: '',
    userProps: '',
    correl: '',
    expiry: '',
    broker,
    ...place,
    wires: [],
  };
}

/** A `catch` for the whole tab, which shows each error in the debug sidebar. `place` is that of the `catch`. */
export function errorNodes({ z, x, y }: FlowPlace): readonly FlowEntry[] {
  const [errors, debug] = [newFlowId(), newFlowId()];
  return [
    { id: errors, type: 'catch', z, name: '', scope: null, uncaught: false, x, y, wires: [[debug]] },
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
      x: x + 230,
      y,
      wires: [],
    },
  ];
}
