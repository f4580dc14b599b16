/**
 * - `succeeded`: a result left by an outbound node; `no_output`: it is over and none did; `failed`: a node erred
 * - `running`: something of it waits, or happened less than a second ago
 */
export type PipelineRunState = 'running' | 'succeeded' | 'failed' | 'no_output';

export interface PipelineRunError {
  /** Runtime id of the node that erred. */
  readonly node: string;
  readonly message: string;
  readonly code?: string;
}

/** One message through a pipeline: all events of one `_msgid`. */
export interface PipelineRun {
  readonly id: string;
  readonly startedAt: number;
  /** Epoch ms of its last event, once it is over. */
  readonly finishedAt: number | null;
  readonly state: PipelineRunState;
  /** The first one. */
  readonly error: PipelineRunError | null;
  /** Messages that came to nodes of the pipeline. */
  readonly deliveries: number;
  /** Nodes that took a message and have not said that they are done with it. */
  readonly waitingIn: readonly string[];
  /** A test of which nothing left: it counts for nothing, and says nothing of how the pipeline does. */
  readonly isDry: boolean;
}

/** A run while it is followed, and after. Its fields change in place: there may be tens of thousands a second. */
export class FollowedRun {
  lastAt: number;
  deliveries = 0;
  hasOutput = false;
  isOver = false;
  error: PipelineRunError | null = null;
  /** It is followed node by node. */
  isTimed = false;
  /** How many lists of ended runs hold it. */
  keptBy = 0;
  /** Runtime id of a node that has a message of it; most runs have one such at a time. */
  #waiting: string | undefined;
  /** Further ones, once for each message. */
  #alsoWaiting: string[] | undefined;
  /** Neighbours in the order they began, while it is followed. */
  older: FollowedRun | undefined;
  newer: FollowedRun | undefined;

  constructor(
    readonly id: string,
    readonly startedAt: number,
    readonly kind: 'live' | 'test' | 'dry' = 'live',
  ) {
    this.lastAt = startedAt;
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  isAt(node: string): boolean {
    return this.#waiting === node || (this.#alsoWaiting?.includes(node) ?? false);
  }

  /** @param saysDone - else nothing is waited for */
  received(node: string, nowMs: number, saysDone: boolean): void {
    this.lastAt = nowMs;
    this.deliveries += 1;
    if (!saysDone) return;
    if (this.#waiting === undefined) this.#waiting = node;
    else if (this.#alsoWaiting === undefined) this.#alsoWaiting = [node];
    else this.#alsoWaiting.push(node);
  }

  done(node: string, nowMs: number): void {
    this.lastAt = nowMs;
    const also = this.#alsoWaiting;
    if (this.#waiting === node) {
      this.#waiting = also?.pop();
      return;
    }
    const index = also?.lastIndexOf(node) ?? -1;
    if (!also || index < 0) return;
    const last = also.pop();
    if (last !== undefined && index < also.length) also[index] = last;
  }

  get state(): PipelineRunState {
    if (!this.isOver) return 'running';
    if (this.error) return 'failed';
    return this.hasOutput ? 'succeeded' : 'no_output';
  }

  get view(): PipelineRun {
    const waiting = this.#waiting === undefined ? [] : [this.#waiting, ...(this.#alsoWaiting ?? [])];
    return {
      id: this.id,
      startedAt: this.startedAt,
      finishedAt: this.isOver ? this.lastAt : null,
      state: this.state,
      error: this.error,
      deliveries: this.deliveries,
      waitingIn: [...new Set(waiting)],
      isDry: this.kind === 'dry',
    };
  }
}
