/** What the main thread of an engine process hands its watchdog thread. */
export interface WatchdogData {
  /** Int32 cells, see `cells`. */
  readonly shared: SharedArrayBuffer;
  /** The pid that this process must not outlive. */
  readonly parentPid: number;
}

/**
 * Positions in the shared array. `online`: 1 once the watchdog runs. `runCount`: odd while a call of the runtime is
 * under way. `requestId`: of the last call. `timeoutMs`, `memoryLimitMiB`: 0 = no limit.
 */
export const cells = { online: 0, runCount: 1, requestId: 2, timeoutMs: 3, memoryLimitMiB: 4, count: 5 } as const;

/** Environment variable that tells an engine process the pid of its parent. */
export const PARENT_PID_VARIABLE = 'MODEL_MANAGEMENT_PARENT_PID';

/** File descriptors of an engine process beside the standard three and the ipc channel, which is 4. */
export const DATA_FD = 3;
export const REPORT_FD = 5;
