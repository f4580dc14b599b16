import { z } from 'zod';
import { LONGEST_TIMER_MS } from '../inference/timer';

/** A number of messages; 0 has the meaning its property gives it. */
export const countField = (fallback: number) => z.number().int().min(0).default(fallback);
/** A time in ms, no longer than a timer can be; 0 has the meaning its property gives it. */
export const timeField = (fallback: number) => z.number().int().min(0).max(LONGEST_TIMER_MS).default(fallback);

/** How the results of one parent take part in the rounds of a join. */
export const parentPolicies = ['each', 'latest', 'next', 'optional', 'alone'] as const;
export type ParentPolicy = (typeof parentPolicies)[number];

export const joinModes = ['all', 'any'] as const;
export const joinKeys = ['msgid', 'property', 'none'] as const;
export const parentKeyKinds = ['id', 'name'] as const;

/** The stored property `join` of `onnx-model` and `pipelib`; omitted keys take the default. */
export const JoinSchema = z
  .object({
    mode: z.enum(joinModes).default('all'),
    key: z.enum(joinKeys).default('msgid'),
    property: z.string().default(''),
    parentKeys: z.enum(parentKeyKinds).default('id'),
    /** Parallel to the node's `parentIds`. */
    parents: z
      .array(
        z.object({
          policy: z.enum(parentPolicies).default('each'),
          key: z.string().optional(),
          initial: z.unknown().optional(),
        }),
      )
      .default([]),
    timeoutMs: timeField(30_000),
    optionalWaitMs: timeField(1_000),
    maxWaiting: countField(1_000),
    keepParents: z.boolean().default(false),
  })
  .prefault({});

/** A complete `join`. */
export type JoinConfig = z.infer<typeof JoinSchema>;
