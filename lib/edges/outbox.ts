import { ModelManagementError } from '../errors';

export interface OutboxMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** Epoch ms after which nobody wants it; null = never. */
  readonly expiresAt: number | null;
}

export interface OutboxEntry extends OutboxMessage {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface OutboxLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
}

/**
 * What waits to be sent, in order and bounded. A retained message takes the place of a waiting one of its topic: only
 * the last of them would stay with the broker anyway, and both are settled together.
 */
export class Outbox {
  #waiting: OutboxEntry[] = [];
  #bytes = 0;

  constructor(private readonly limits: OutboxLimits) {}

  get count(): number {
    return this.#waiting.length;
  }

  /** Rejects with `QUEUE_FULL` when there is no room. */
  add(message: OutboxMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      const at = message.retain
        ? this.#waiting.findIndex(({ topic, retain }) => retain && topic === message.topic)
        : -1;
      const replaced = this.#waiting[at];
      const bytes = this.#bytes + message.payload.length - (replaced?.payload.length ?? 0);
      if (bytes > this.limits.maxBytes || (!replaced && this.#waiting.length >= this.limits.maxCount)) {
        reject(
          new ModelManagementError(
            'QUEUE_FULL',
            `${this.#waiting.length} messages of ${this.#bytes} bytes wait for the broker already.`,
            'They are sent when the broker answers again; see broker in health.',
          ),
        );
        return;
      }
      this.#bytes = bytes;
      if (!replaced) {
        this.#waiting.push({ ...message, resolve, reject });
        return;
      }
      this.#waiting[at] = {
        ...message,
        resolve: () => {
          replaced.resolve();
          resolve();
        },
        reject: (error) => {
          replaced.reject(error);
          reject(error);
        },
      };
    });
  }

  /** The next that is still wanted; those that are not are rejected with `TIMEOUT`. */
  take(nowMs: number): OutboxEntry | undefined {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#bytes -= next.payload.length;
      if (next.expiresAt === null || next.expiresAt > nowMs) return next;
      next.reject(
        new ModelManagementError(
          'TIMEOUT',
          'A message waited for the broker until nobody wanted it any more.',
          'Look at broker in health.',
        ),
      );
    }
    return undefined;
  }

  rejectAll(error: ModelManagementError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const { reject } of waiting) reject(error);
  }
}
