import { z } from 'zod';
import { activeStates, runStates } from '../../training/run/run-states';
import { at, id, text } from './fields';
import { ToldError } from './told-error';

/** Of Node-RED: one in a subflow is named after all that it is in, and one of an older flow has a dot. */
const nodeId = z.string().regex(/^[A-Za-z0-9._-]{1,256}$/);
const moment = z.string().max(64);

/** A node on an edge asks for a run of a job of the hub, or for the end of those that go on. */
export const RunRequestEvent = z.object({
  type: z.literal('request-run'),
  at,
  /** The answer carries it. */
  id,
  job: z.string().max(63),
  node: nodeId,
  cancel: z.literal(true).exactOptional(),
  overrides: z.looseObject({}).exactOptional(),
});
export type RunRequestEvent = z.infer<typeof RunRequestEvent>;

const Run = z.object({
  id,
  number: z.int().positive(),
  job: z.string().max(63),
  state: z.enum(runStates),
  node: nodeId,
  phases: z.array(z.object({ name: z.enum(activeStates), startedAt: moment, finishedAt: moment.nullable() })).max(16),
  model: z.string().max(63).exactOptional(),
  version: z.int().positive().exactOptional(),
  metrics: z.record(z.string().max(128), z.number()).exactOptional(),
  error: ToldError.exactOptional(),
  reason: text.exactOptional(),
  promotion: z.object({ decision: z.string().max(32), reason: text }).exactOptional(),
  durationMs: z.int().nonnegative().nullable(),
});

/** What becomes of a run that a node of the edge asked for; first of all whether there is one. */
export const RunNewsCommand = z.object({
  type: z.literal('run-news'),
  /** The request that this answers; absent = the run has gone on. */
  request: id.exactOptional(),
  /** Absent in the answer to a request that was refused, or that asked for an end. */
  run: Run.exactOptional(),
  joined: z.literal(true).exactOptional(),
  error: ToldError.exactOptional(),
});
export type RunNewsCommand = z.infer<typeof RunNewsCommand>;
