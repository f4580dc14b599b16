import { totalmem } from 'node:os';

const GIB = 1024 * 1024 * 1024;
/** Larger files are not tried: the format itself ends here. */
export const MAX_MODEL_BYTES = 2 * GIB;
/** For a model file of no size: the runtime itself, and what a small model may unfold while it loads. */
const BASE_BYTES = 2 * GIB;
/** What a file unfolds to, at the most: weights of four bits as float32 take eight times their size. */
const BYTES_PER_FILE_BYTE = 10;

/** Memory of this machine, or of the container that this runs in when that has less. */
export function machineMemoryBytes(): number {
  const containerBytes = process.constrainedMemory();
  return containerBytes > 0 ? Math.min(containerBytes, totalmem()) : totalmem();
}

/** What one model may take where nobody has said it: half of the machine. */
export function defaultMemoryLimitBytes(machineBytes: number): number {
  return Math.floor(machineBytes / 2);
}

/** What a file that nobody has looked at yet may take while it is tried: by its size, and never above `limitBytes`. */
export function probeMemoryBytes(fileBytes: number, limitBytes: number): number {
  return Math.min(limitBytes, BASE_BYTES + BYTES_PER_FILE_BYTE * fileBytes);
}

/** Larger files take longer to read and to unfold. @param baseMs - for a file of no size; half a GiB doubles it */
export function loadTimeoutMs(fileBytes: number, baseMs: number): number {
  return Math.round(baseMs * (1 + fileBytes / (GIB / 2)));
}

const ALLOCATION_FAILURE = /Failed to allocate memory|bad_alloc|bad allocation|Array buffer allocation failed|ENOMEM/;

/** Whether the words of the runtime say that the system gave it no memory. */
export function isAllocationFailure(message: string): boolean {
  return ALLOCATION_FAILURE.test(message);
}
