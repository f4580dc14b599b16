import { asModelManagementError } from '../errors';
import type { Log } from '../log';
import { ServiceSlot } from '../service-slot';
import type { FlowEntry } from './flow-entry';
import { FlowGraph } from './flow-graph';

/**
 * The graph of the flows that run now, built when somebody asks. A deploy tells no node that its parents changed, so
 * whoever keeps what it learned compares `generation`, or listens.
 */
export class LiveGraph {
  private current = 0;
  private built: { readonly generation: number; readonly graph: FlowGraph } | undefined;
  private readonly listeners = new Set<() => void>();

  /** @param readEntries - the active flow configuration; throws while no flows are loaded */
  constructor(
    private readonly readEntries: () => readonly FlowEntry[],
    private readonly log: Log,
  ) {}

  /** Another number whenever the flows may have changed. */
  get generation(): number {
    return this.current;
  }

  /** `undefined` before flows are loaded. */
  get(): FlowGraph | undefined {
    if (this.built?.generation === this.current) return this.built.graph;
    let entries: readonly FlowEntry[];
    try {
      entries = this.readEntries();
    } catch {
      return undefined;
    }
    const graph = FlowGraph.of(entries);
    this.built = { generation: this.current, graph };
    return graph;
  }

  /** Calls `listener` after each deploy, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** For the host: a deploy begins or goes on. */
  invalidate(): void {
    this.current += 1;
  }

  /** For the host: a deploy is over. */
  announce(): void {
    this.invalidate();
    for (const listener of [...this.listeners]) {
      try {
        listener();
      } catch (error) {
        this.log.error('a change of the flows was not taken in', { message: asModelManagementError(error).message });
      }
    }
  }
}

/** Where the plugin leaves the graph of the running flows, and nodes find it. */
export const liveGraphSlot = new ServiceSlot<LiveGraph>();
