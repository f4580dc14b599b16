/** Stands between a *Close* and the closing: what is inside may ask first. */
export interface LeaveGate {
  /** Calls `leave` now, later or never. */
  ask: (leave: () => void) => void;
}

/** A gate that lets everybody pass until its owner sets `ask`. */
export const openGate = (): LeaveGate => ({ ask: (leave) => leave() });
