import type { RunnerCounters } from '../../inference/model-runner';
import type { JoinCounters } from '../message-join';

/** What came of the messages of a node since it was started. */
export interface NodeFigures extends RunnerCounters, JoinCounters {
  /** As Node-RED runs it; inside a subflow that is not the id of the flow file. */
  readonly id: string;
  readonly type: string;
}

/** Messages of which nothing came, and which no error of the model or the library explains. */
export function lostCount({ dropped, refused, droppedRounds }: RunnerCounters & JoinCounters): number {
  return dropped + refused + droppedRounds;
}

class RunningNodes {
  private readonly readers = new Set<() => NodeFigures>();

  /** @returns ends it */
  add(read: () => NodeFigures): () => void {
    this.readers.add(read);
    return () => this.readers.delete(read);
  }

  list(): readonly NodeFigures[] {
    return [...this.readers].map((read) => read());
  }
}

/** Where nodes that run say what came of their messages, and the plugin reads it. */
export const runningNodes = new RunningNodes();
