import type { Digest } from '../../ids';
import { type Decoded, refuse } from '../protocol/decode';
import { DesiredDocument, type DesiredModel, type DesiredOrder, type Revocation } from '../protocol/documents';
import { digestOf } from '../protocol/enrolment';
import { open } from '../protocol/envelope';
import type { KeyId, VerifyingKey } from '../protocol/keys';
import { compareOrder } from '../protocol/order';
import type { DesiredLibrary, DesiredPipeline } from '../protocol/pipeline-documents';
import type { DesiredRun } from '../protocol/run-documents';

/** Who an edge is, and whom it obeys. */
export interface EdgeIdentity {
  readonly hubId: string;
  readonly edge: string;
  readonly edgeKeyId: KeyId;
  readonly hubKey: VerifyingKey;
}

const PROVEN = Symbol('proven');

/** A desired state whose signature was found good: only {@link acceptDesired} makes one, and the planner takes no other. */
export interface AcceptedDesired {
  readonly [PROVEN]: true;
  readonly order: DesiredOrder;
  readonly issuedAt: number;
  /** Of the signed bytes. */
  readonly digest: Digest;
  readonly models: readonly DesiredModel[];
  /** Models that stay as they are. */
  readonly keep: readonly string[];
  readonly libraries: readonly DesiredLibrary[];
  readonly pipelines: readonly DesiredPipeline[];
  readonly runs: readonly DesiredRun[];
  /** The whole envelope, to be kept on the disk and proven again at the next start. */
  readonly envelope: Buffer;
}

export type Accepted =
  | { readonly kind: 'desired'; readonly desired: AcceptedDesired }
  | { readonly kind: 'revoked'; readonly revocation: Revocation };

/**
 * Takes a document of the hub when it is signed by the hub, for this edge and its key, and later than the last one
 * taken. The same document again is `stale`. Never throws.
 */
export function acceptDesired(envelope: Buffer, identity: EdgeIdentity, last: DesiredOrder | null): Decoded<Accepted> {
  const opened = open('desired', envelope, identity.hubKey, DesiredDocument);
  if (!opened.ok) return opened;
  const { document, payload } = opened.value;
  if (document.hubId !== identity.hubId || document.edge !== identity.edge) {
    return refuse('wrong-recipient', 'it is for another edge or from another hub');
  }
  if (document.edgeKeyId !== identity.edgeKeyId) return refuse('wrong-recipient', 'it is for another key of this edge');
  const order = { epoch: document.epoch, revision: document.revision };
  if (last && compareOrder(order, last) <= 0) {
    return refuse('stale', `${order.epoch}.${order.revision} is not later than ${last.epoch}.${last.revision}`);
  }
  if (document.kind === 'revoked') return { ok: true, value: { kind: 'revoked', revocation: document } };
  const { issuedAt, models, keep = [], libraries = [], pipelines = [], runs = [] } = document;
  const lists = { models, keep, libraries, pipelines, runs };
  const desired = { [PROVEN]: true as const, order, issuedAt, digest: digestOf(payload), ...lists, envelope };
  return { ok: true, value: { kind: 'desired', desired } };
}
