import { useEffect, useState } from 'preact/hooks';
import type { LeaveGate } from '../widgets/leave-gate';
import { type Draft, wouldLose } from './library-draft';

export interface LeaveQuestion {
  readonly leave: () => void;
  readonly stay: () => void;
}

/** Keeps the tray, and the page, from closing over a text that stands only here; the question to show while one stands. */
export function useLeaveQuestion(gate: LeaveGate, draft: Draft | undefined): LeaveQuestion | undefined {
  const [asking, setAsking] = useState<{ readonly leave: () => void }>();
  const isAtRisk = draft !== undefined && wouldLose(draft);
  useEffect(() => {
    if (!isAtRisk) {
      gate.ask = (leave) => leave();
      return undefined;
    }
    gate.ask = (leave) => setAsking({ leave });
    const hold = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', hold);
    return () => removeEventListener('beforeunload', hold);
  }, [gate, isAtRisk]);
  return asking && { leave: asking.leave, stay: () => setAsking(undefined) };
}
