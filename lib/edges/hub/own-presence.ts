import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '../../ids';
import type { BusMessage } from '../bus';
import type { LastWill } from '../mqtt-bus';
import { HubPresence } from '../protocol/documents';
import { open, seal } from '../protocol/envelope';
import { HUB_TOPIC, PROTOCOL_VERSION } from '../protocol/topics';
import type { EdgeHubDeps } from './hub-dependencies';

const GOODBYE_MS = 2_000;

/** What a hub says of itself, and whether another process says the same with its key. */
export class OwnPresence {
  readonly #bootId = newId();
  readonly #startedAt: number;
  #connection = 0;
  #twinAt: number | null = null;

  constructor(private readonly deps: Pick<EdgeHubDeps, 'hubId' | 'hubName' | 'key' | 'bus' | 'clock' | 'log'>) {
    this.#startedAt = deps.clock.now();
  }

  /** When another process was seen that uses this hub's key; null = never. */
  get twinSeenAt(): number | null {
    return this.#twinAt;
  }

  /** To be asked for before each connection. */
  lastWill(): LastWill {
    this.#connection += 1;
    return { topic: HUB_TOPIC, payload: this.#said(false) };
  }

  /** Never rejects. */
  announce(): void {
    this.#publish(true).catch((error: unknown) => this.deps.log.debug('hub not announced', () => ({ error })));
  }

  /** Politeness: without it the last will tells, and the broker may not be answering. Never rejects. */
  async sayGoodbye(): Promise<void> {
    await Promise.race([this.#publish(false).catch(() => undefined), pause(GOODBYE_MS, undefined, { ref: false })]);
  }

  /** A copy of the data folder that runs somewhere else would fight this hub for its edges. */
  lookForTwin({ payload, isRetained }: BusMessage): void {
    const opened = open('hub', payload, this.deps.key.publicKey, HubPresence);
    if (!opened.ok || isRetained) return;
    const { bootId, online, at } = opened.value.document;
    // One of before this start may be repeated by anybody who heard it.
    if (bootId === this.#bootId || !online || at < this.#startedAt) return;
    const isKnown = this.#twinAt !== null;
    this.#twinAt = this.deps.clock.now();
    if (isKnown) return;
    this.deps.log.error('another hub runs with a copy of this data folder: stop one of them');
  }

  #publish(online: boolean): Promise<void> {
    return this.deps.bus.publish(HUB_TOPIC, this.#said(online), { retain: true });
  }

  #said(online: boolean): Buffer {
    const { hubId, hubName: name, key, clock } = this.deps;
    const connection = Math.max(1, this.#connection);
    const presence: HubPresence = {
      v: 1,
      hubId,
      name,
      protocol: [PROTOCOL_VERSION],
      online,
      bootId: this.#bootId,
      connection,
      at: clock.now(),
    };
    return seal('hub', presence, key);
  }
}
