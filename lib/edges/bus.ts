import { ModelManagementError } from '../errors';

/** A message as it came, payload untouched. */
export interface BusMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly isRetained: boolean;
}

/** What edges and hub need of MQTT; topics are below `<prefix>/v1/<hubId>/`. */
export interface Bus {
  /** Resolves once the broker has it (QoS 1); rejects when the connection ends before. */
  publish(
    topic: string,
    payload: Buffer | string,
    options?: { readonly retain?: boolean; readonly qos?: 0 | 1; readonly expirySeconds?: number },
  ): Promise<void>;
  /** Resolves once the broker took the subscription; kept over reconnects. @returns ends it */
  subscribe(filter: string, listener: (message: BusMessage) => void): Promise<() => Promise<void>>;
  /** Told at each connect (also the first, when already connected: at once) and each loss. @returns ends it */
  onConnection(listener: (isConnected: boolean) => void): () => void;
}

/** Of who has no broker: nothing is sent, and nothing heard. */
export const noBus: Bus = {
  publish: () =>
    Promise.reject(
      new ModelManagementError('BROKER_UNAVAILABLE', 'There is no broker.', 'Set modelManagement.broker.'),
    ),
  subscribe: () => new Promise(() => undefined),
  onConnection: () => () => undefined,
};
