import { z } from 'zod';
import { Digest, ModelName, VersionNumber } from '../../ids';
import type { DocumentStore } from '../../store';
import { DesiredOrder, EdgeName, ReportedState } from '../protocol/documents';
import { KeyId, PublicKeyText } from '../protocol/keys';
import type { DeploymentStores } from './pipelines/deployment-documents';
import { Marks } from './presence';
import type { RolloutDocument } from './rollout/rollout-document';

/*
 * What a hub keeps of its edges. One fact is one document: an edge with its key and tokens, one model on one edge, the
 * last order issued to an edge, what an edge said last.
 */

const at = z.int();

export const TokenRecord = z.object({
  id: z.string(),
  /** What proves the token, encrypted with the key of the data folder; the token itself is nowhere. */
  secret: z.string(),
  expiresAt: at,
  /** The key that came with it; the same key is answered again. */
  usedBy: KeyId.nullable(),
  isVoid: z.boolean(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

/** `edges.db`. A deleted edge stays as a tombstone: it tells its key that it is void. */
export const EdgeDocument = z
  .object({
    _id: z.string(),
    name: EdgeName,
    labels: z.array(z.string()).readonly(),
    createdAt: at,
    deletedAt: at.nullable(),
    /** Newest first. */
    tokens: z.array(TokenRecord).readonly(),
    key: z.object({ publicKey: PublicKeyText, id: KeyId, enrolledAt: at }).nullable(),
    revoked: z.object({ keyId: KeyId, at, reason: z.enum(['revoked', 'deleted', 'left']) }).nullable(),
  })
  .readonly();
export type EdgeDocument = z.infer<typeof EdgeDocument>;

/** `edge-models.db`: a model runs on an edge. */
export const AssignmentDocument = z
  .object({
    _id: z.string(),
    model: ModelName,
    edge: EdgeName,
    /** A number, or an alias that is followed. */
    ref: z.union([z.int(), z.string()]),
    attempt: z.int().nonnegative(),
    /** What the reference named last: it stays when its alias goes. */
    version: VersionNumber,
  })
  .readonly();
export type AssignmentDocument = z.infer<typeof AssignmentDocument>;

/** `edge-orders.db`: the last document that was signed for an edge; written before it is published, never forgotten. */
export const IssuedDocument = z
  .object({
    _id: z.string(),
    ...DesiredOrder.shape,
    issuedAt: at,
    /** Of what it says, without order and time: equal content needs no new revision. */
    contentDigest: Digest,
    /** Of the signed bytes, as the edge reports it. */
    digest: Digest,
  })
  .readonly();
export type IssuedDocument = z.infer<typeof IssuedDocument>;

/** `edge-states.db`: what an edge said last, and what it takes to know a repetition. */
export const EdgeStateDocument = z
  .object({
    _id: z.string(),
    keyId: KeyId,
    marks: Marks,
    report: ReportedState.nullable(),
    /** Its clock against ours; null = not measured yet. */
    clockSkewMs: z.int().nullable(),
  })
  .readonly();
export type EdgeStateDocument = z.infer<typeof EdgeStateDocument>;

export interface HubStores extends DeploymentStores {
  readonly edges: DocumentStore<EdgeDocument>;
  readonly assignments: DocumentStore<AssignmentDocument>;
  readonly orders: DocumentStore<IssuedDocument>;
  readonly states: DocumentStore<EdgeStateDocument>;
  readonly rollouts: DocumentStore<RolloutDocument>;
}
