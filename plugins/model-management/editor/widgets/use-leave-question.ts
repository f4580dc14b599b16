import { useEffect, useState } from 'preact/hooks';
import type { LeaveGate } from './leave-gate';

export interface LeaveQuestion {
  readonly leave: () => void;
  readonly stay: () => void;
}

/**
 * Keeps the tray, and the page, from closing over what stands only here; the question to show while one stands.
 * @param isAtRisk - something would be lost
 */
export function useLeaveQuestion(gate: LeaveGate, isAtRisk: boolean): LeaveQuestion | undefined {
  const [asking, setAsking] = useState<{ readonly leave: () => void }>();
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
