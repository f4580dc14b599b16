import { z } from 'zod';
import { AliasName, Digest, ModelName, VersionNumber } from '../../ids';
import { modelKey } from '../../names';
import { at, count, file, id, ReportedError, text } from './fields';
import { KeyId, PublicKeyText } from './keys';
import { EDGE_NAME } from './names';
import { DesiredPipelines, ReportedPipeline } from './pipeline-documents';
import { OfferedRows } from './row-documents';
import { DesiredRuns, ReportedRun, RunLogEvent } from './run-documents';
import { RunRequestEvent } from './run-requests';
import { BoxKeyText } from './sealed-box';

/*
 * Every document of the protocol. Each names its version, its hub and its edge inside what is signed. Fields that are
 * not known are left out when a document is read, so a later release may add some without a new version.
 */

export const EdgeName = z.string().regex(EDGE_NAME).brand<'EdgeName'>();
export type EdgeName = z.infer<typeof EdgeName>;

const v = z.literal(1);

/** Random, once per start of a process. */
const bootId = id;
const connection = z.int().positive();

/** A hub on its base topic; retained, and its last will. */
export const HubPresence = z.object({
  v,
  hubId: id,
  /** For people. */
  name: z.string().max(200),
  /** Versions of the protocol that it speaks. */
  protocol: z.array(z.int().positive()).min(1).max(16),
  online: z.boolean(),
  bootId,
  /** Counted per boot: a last will tells of the connection it was given for. */
  connection,
  at,
});
export type HubPresence = z.infer<typeof HubPresence>;

/** A file that travels, known by its content. */
export const DesiredFile = z.object({
  /** `model`, `preprocessing`, `attributes` (labels, features, signature as JSON); an edge keeps others and uses them not. */
  kind: z.string().regex(/^[a-z-]{1,32}$/),
  ...file,
});
export type DesiredFile = z.infer<typeof DesiredFile>;

export const DesiredVersion = z.object({ version: VersionNumber, files: z.array(DesiredFile).min(1).max(16) });
export type DesiredVersion = z.infer<typeof DesiredVersion>;

export const DesiredModel = z
  .object({
    name: ModelName,
    /** What `deployed` is on this edge. */
    deployed: VersionNumber,
    /** Further aliases that something on the edge follows. */
    aliases: z.record(AliasName, VersionNumber),
    versions: z.array(DesiredVersion).min(1).max(64),
    /** Raised when the user deploys the same again: what failed before is tried once more. */
    attempt: count,
  })
  .refine(
    ({ deployed, aliases, versions }) => {
      const numbers = new Set(versions.map(({ version }) => version));
      return numbers.size === versions.length && [deployed, ...Object.values(aliases)].every((n) => numbers.has(n));
    },
    { error: 'versions must be there once each, with all that deployed and the aliases name', path: ['versions'] },
  );
export type DesiredModel = z.infer<typeof DesiredModel>;

/** Orders the desired states of one edge: the later epoch wins, in one epoch the later revision. */
const order = { epoch: z.int().positive(), revision: z.int().positive() };
export const DesiredOrder = z.object(order);
export type DesiredOrder = z.infer<typeof DesiredOrder>;

const addressed = { v, hubId: id, edge: EdgeName, edgeKeyId: KeyId };

/** What an edge shall run. */
export const DesiredState = z.object({
  ...addressed,
  ...order,
  kind: z.literal('desired'),
  issuedAt: at,
  models: z
    .array(DesiredModel)
    .max(1_000)
    .refine((models) => new Set(models.map(({ name }) => modelKey(name))).size === models.length, {
      error: 'a model is there twice',
    }),
  ...DesiredPipelines,
  /** Models of which the hub has lost the version: the edge keeps what it runs of them. */
  keep: z.array(ModelName).max(1_000).exactOptional(),
  /** Absent = none, so that documents without one are what they were. */
  runs: DesiredRuns.exactOptional(),
});
export type DesiredState = z.infer<typeof DesiredState>;

/** The edge's key is void: it keeps what it has, and nothing new comes. */
export const Revocation = z.object({
  ...addressed,
  ...order,
  kind: z.literal('revoked'),
  issuedAt: at,
  reason: z.enum(['revoked', 'deleted', 'left']),
});
export type Revocation = z.infer<typeof Revocation>;

export const DesiredDocument = z.discriminatedUnion('kind', [DesiredState, Revocation]);
export type DesiredDocument = z.infer<typeof DesiredDocument>;

const ofEdge = {
  v,
  hubId: id,
  edge: EdgeName,
  bootId,
  /** Grows with each start of the edge, also after its clock or its disk was set back. */
  boot: z.int().positive(),
  at,
};

export const Capabilities = z.object({
  version: z.string().max(64),
  nodeRed: z.string().max(64),
  node: z.string().max(64),
  os: z.string().max(64),
  arch: z.string().max(64),
  cpus: count,
  memoryBytes: count,
  engine: z.object({ kind: z.enum(['native', 'wasm', 'none']), version: z.string().max(64).nullable() }),
  docker: z.object({ available: z.boolean(), version: z.string().max(64).exactOptional() }),
  /** What of the protocol this edge does: a hub asks for nothing else. */
  features: z.array(z.string().max(32)).max(64),
});
export type Capabilities = z.infer<typeof Capabilities>;

export const ReportedModel = z.object({
  name: ModelName,
  /** What `deployed` really is; null = nothing yet. */
  version: VersionNumber.nullable(),
  state: z.enum(['pending', 'downloading', 'running', 'failed']),
  /** 0..1, of what is being downloaded. */
  progress: z.number().min(0).max(1).exactOptional(),
  error: ReportedError.exactOptional(),
  /** Epoch ms of the next try after a failure. */
  retryAt: at.exactOptional(),
});
export type ReportedModel = z.infer<typeof ReportedModel>;

/** What an edge really runs; retained. */
export const ReportedState = z.object({
  ...ofEdge,
  /** Grows with each report of a boot. */
  seq: z.int().positive(),
  /** The last desired state it accepted, and the digest of its bytes. */
  desired: z.object({ ...order, digest: Digest }).nullable(),
  /** Why it did not take one; the message, for people, where it would take it and its disk does not. */
  refused: z.object({ reason: z.string().max(64), message: text.exactOptional(), at }).exactOptional(),
  capabilities: Capabilities,
  models: z.array(ReportedModel).max(1_000),
  pipelines: z.array(ReportedPipeline).max(1_000).exactOptional(),
  /** What is sealed for this edge is sealed with it. */
  boxKey: BoxKeyText.exactOptional(),
  runs: z.array(ReportedRun).max(16).exactOptional(),
  /** Rows that wait for the hub. */
  rows: z.array(OfferedRows).max(16).exactOptional(),
});
export type ReportedState = z.infer<typeof ReportedState>;

/** Whether an edge is there; retained, and its last will. */
export const OnlineState = z.object({ ...ofEdge, connection, online: z.boolean() });
export type OnlineState = z.infer<typeof OnlineState>;

/** What to do once. Its meaning is checked where it is carried out: what an edge does not know, it refuses by an event. */
export const CommandDocument = z.object({
  ...addressed,
  id,
  /** Of the desired state that the hub had issued last. */
  order: DesiredOrder.exactOptional(),
  issuedAt: at,
  expiresAt: at,
  command: z.looseObject({ type: z.string().max(64) }),
});
export type CommandDocument = z.infer<typeof CommandDocument>;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export const EdgeEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('command'),
    at,
    id,
    result: z.enum(['done', 'refused', 'failed']),
    reason: text.exactOptional(),
    /** Of a failure. */
    code: z.string().max(64).exactOptional(),
    hint: text.exactOptional(),
    /** JSON. */
    details: z.string().max(8_192).refine(isJson).exactOptional(),
    /** What was asked for, JSON. */
    value: z.string().max(65_536).refine(isJson).exactOptional(),
  }),
  z.object({ type: z.literal('log'), at, level: z.enum(['error', 'warn', 'info']), text }),
  /** The edge gave up its key. */
  z.object({ type: z.literal('left'), at }),
  RunLogEvent,
  RunRequestEvent,
]);
export type EdgeEvent = z.infer<typeof EdgeEvent>;

/** Things that happened on an edge. Kinds that are not known are left to a later release. */
export const EventDocument = z.object({
  ...ofEdge,
  seq: z.int().positive(),
  events: z
    .array(z.looseObject({ type: z.string().max(64), at }))
    .min(1)
    .max(500),
});
export type EventDocument = z.infer<typeof EventDocument>;

export const EnrolRequest = z.object({
  v,
  hubId: id,
  tokenId: id,
  edge: EdgeName,
  edgePublicKey: PublicKeyText,
  /** Random: an answer is to this request. */
  nonce: id,
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

export const enrolRefusals = [
  'token-unknown',
  'token-used',
  'token-expired',
  'token-void',
  'token-foreign',
  'proof-invalid',
] as const;
export type EnrolRefusal = (typeof enrolRefusals)[number];

const answer = { v, hubId: id, tokenId: id, requestDigest: Digest, at };
export const EnrolAnswer = z.discriminatedUnion('result', [
  z.object({ ...answer, result: z.literal('accepted'), edge: EdgeName, edgeKeyId: KeyId }),
  z.object({ ...answer, result: z.literal('refused'), reason: z.enum(enrolRefusals) }),
]);
export type EnrolAnswer = z.infer<typeof EnrolAnswer>;
