import type { Bus } from '../bus';
import { PACE_TOPIC } from './topics';

/**
 * Sends at QoS 0 and yet no more than the broker takes: after every few messages an empty one at QoS 1 goes along, and
 * while two of those are not acknowledged nothing follows. Brokers take the messages of a connection in their order.
 */
export class SendWindow {
  readonly #groupCount: number;
  #sentCount = 0;
  #unconfirmed: Promise<void>[] = [];
  #interrupt = (): void => undefined;

  constructor(
    private readonly bus: Bus,
    inFlightCount: number,
  ) {
    this.#groupCount = Math.max(1, Math.floor(inFlightCount / 2));
  }

  /** @returns false when the connection broke before it was on its way */
  async send(topic: string, payload: Buffer, expirySeconds: number): Promise<boolean> {
    if (!(await this.#unlessBroken(this.bus.publish(topic, payload, { qos: 0, expirySeconds })))) return false;
    this.#sentCount += 1;
    if (this.#sentCount % this.#groupCount === 0) {
      // Refused or lost, it has told what it was for.
      this.#unconfirmed.push(this.bus.publish(PACE_TOPIC, '', { qos: 1, expirySeconds }).catch(() => undefined));
      if (this.#unconfirmed.length > 1) await this.#unlessBroken(this.#unconfirmed.shift() ?? Promise.resolve());
    }
    return true;
  }

  /** The connection is gone, and with it every answer on it. */
  break(): void {
    this.#unconfirmed = [];
    this.#interrupt();
  }

  /** A client may never tell how a QoS 0 message ended whose connection broke: then `break` does. */
  #unlessBroken(sending: Promise<void>): Promise<boolean> {
    return new Promise((resolve) => {
      this.#interrupt = () => resolve(false);
      sending.then(
        () => resolve(true),
        () => resolve(false),
      );
    });
  }
}
