import { z } from 'zod';
import { tensorTypes } from '../../registry/signature';
import type { RuntimeChoice } from '../engine';

/** Parent → child over the ipc channel: the first and only message, what this process is for. */
export type ControlCommand =
  | { readonly type: 'describe'; readonly runtime: RuntimeChoice; readonly runtimePaths: readonly string[] }
  | {
      readonly type: 'load';
      readonly runtime: RuntimeChoice;
      readonly runtimePaths: readonly string[];
      readonly modelPath: string;
      readonly preprocessingPath: string | null;
      readonly intraOpNumThreads: number;
      readonly requestTimeoutMs: number;
      /** Resident memory above which the process is ended. */
      readonly memoryLimitBytes: number;
    };

const TensorInfoMessage = z.object({
  name: z.string(),
  type: z.enum(tensorTypes),
  shape: z
    .array(z.union([z.number().int().nonnegative(), z.string(), z.null()]))
    .readonly()
    .nullable(),
});

/** What runs the models of a process. */
const RuntimeFacts = {
  kind: z.enum(['native', 'wasm']),
  /** `onnxruntime-node 1.30.0` */
  version: z.string(),
  /** Why it is not the native one, though that would have been taken. */
  reason: z.string().nullable(),
};
export type RuntimeKind = 'native' | 'wasm';

/** Child → parent over the ipc channel, exactly one: the child runs foreign models, so it is parsed, not trusted. */
export const ControlReply = z.discriminatedUnion('type', [
  z.object({ type: z.literal('described'), ...RuntimeFacts }),
  z.object({
    type: z.literal('ready'),
    ...RuntimeFacts,
    signature: z.object({
      inputs: z.array(TensorInfoMessage).readonly(),
      outputs: z.array(TensorInfoMessage).readonly(),
    }),
    /** Whether rows of several requests may be run together, and what one of them took; null = never. */
    batching: z.object({ maxRows: z.number().int().min(1), rowMs: z.number().nonnegative() }).nullable(),
  }),
  z.object({ type: z.literal('failed'), what: z.enum(['runtime', 'model']), message: z.string() }),
]);
export type ControlReply = z.infer<typeof ControlReply>;

/** Child → parent over the report pipe, as its last words: why its watchdog ended it. One JSON line. */
export const WatchdogReport = z.discriminatedUnion('why', [
  z.object({ why: z.literal('timeout'), requestId: z.number() }),
  z.object({ why: z.literal('memory'), residentBytes: z.number(), limitBytes: z.number() }),
]);
export type WatchdogReport = z.infer<typeof WatchdogReport>;
