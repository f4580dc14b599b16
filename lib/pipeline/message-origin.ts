import { isPassage } from './passage';

/** For other copies of this package in the process: `Symbol.for`. */
const originKey = Symbol.for('model-management.origin');

/** What is read of Node-RED's flow objects: the subflow instance a node belongs to, and what else is inside. */
interface RunningFlow {
  readonly subflowInstance?: { readonly id: string };
  readonly flow?: { readonly nodes?: Readonly<Record<string, unknown>> };
  readonly parent?: RunningFlow;
}

interface SendingNode {
  readonly id: string;
  readonly type: string;
  readonly _flow?: RunningFlow;
}

/** @see https://nodered.org/docs/api/hooks/messaging#message-events */
interface SendEvent {
  msg: object;
  readonly source: { readonly node: SendingNode };
  readonly destination: { readonly id: string };
}

type Marked = { [originKey]?: unknown };

/**
 * The runtime id of what sent this message last, junctions, link nodes and the way into a subflow not counted; of a
 * message that came out of a subflow, the instance. `undefined` for one that no node sent, or while nobody wanted to know.
 */
export function originOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const origin = (message as Marked)[originKey];
  return typeof origin === 'string' ? origin : undefined;
}

/**
 * Marks messages with the node they come from, as a property that JSON, the debug sidebar and loops over keys do not
 * see, and copies of the message keep. It does so only while a join lives or flows are being deployed: a message whose
 * last sender sent it before that has no origin, or an earlier one that a passage has not replaced.
 */
export class OriginMarks {
  private joinCount = 0;
  private isOn = false;

  /** Call when a join starts; the returned function, when it ends. */
  retain(): () => void {
    this.joinCount += 1;
    this.isOn = true;
    let isHeld = true;
    return () => {
      if (isHeld) this.joinCount -= 1;
      isHeld = false;
      // Goes on until the deploy that ended it is over: the next one may begin in that very deploy.
    };
  }

  /** A deploy begins: it may bring a join, to which messages are already on their way. */
  prepare(): void {
    this.isOn = true;
  }

  /** A deploy is over. */
  settle(): void {
    this.isOn = this.joinCount > 0;
  }

  /**
   * For Node-RED's `onSend` hook, which would lose the message if this threw, and drop it for another answer than
   * `undefined`.
   */
  readonly onSend = (events: readonly SendEvent[]): undefined => {
    if (!this.isOn) return;
    try {
      const sender = events[0]?.source.node;
      if (!sender) return;
      const around = sender._flow;
      const staying = around?.subflowInstance ? markLeaving(events, around) : events;
      if (!isPassage(sender.type)) for (const event of staying) mark(event, sender.id);
    } catch {
      // A message that cannot be read is one of unknown origin.
    }
  };
}

/** The marks of this process. */
export const originMarks = new OriginMarks();

function mark({ msg }: SendEvent, origin: string): void {
  try {
    (msg as Marked)[originKey] = origin;
  } catch {
    // A frozen one keeps what it has.
  }
}

const isInside = ({ flow }: RunningFlow, id: string): boolean =>
  flow?.nodes !== undefined && Object.hasOwn(flow.nodes, id);

/** What leaves subflow instances comes from the outermost that it leaves. The other events are returned. */
function markLeaving(events: readonly SendEvent[], around: RunningFlow): readonly SendEvent[] {
  const staying = events.filter(({ destination }) => isInside(around, destination.id));
  for (const event of events) {
    if (staying.includes(event)) continue;
    let left = around;
    while (left.parent?.subflowInstance && !isInside(left.parent, event.destination.id)) left = left.parent;
    // Events share a message, of which Node-RED makes copies after this; the others are not to see this mark.
    if (events.length > 1) event.msg = { ...event.msg };
    mark(event, left.subflowInstance?.id ?? event.source.node.id);
  }
  return staying;
}
