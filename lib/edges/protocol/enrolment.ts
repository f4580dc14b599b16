import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { Digest } from '../../ids';
import { type Decoded, refuse } from './decode';
import { EnrolAnswer, type EnrolRequest, EnrolRequest as EnrolRequestSchema } from './documents';
import { open, openWithSecret, sealWithSecret } from './envelope';
import type { PublicKeyText, VerifyingKey } from './keys';

/** As the user copies it: `mme1.<id>.<secret>`; the secret has 256 random bits. */
const TOKEN = /^mme1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{43})$/;

export interface EnrolmentToken {
  readonly id: string;
  /** Shown once, kept nowhere. */
  readonly text: string;
  /** What the hub keeps: it proves the token, and the token cannot be had from it. */
  readonly key: Buffer;
}

export function newToken(hubId: string): EnrolmentToken {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32);
  return { id, text: `mme1.${id}.${secret.toString('base64url')}`, key: deriveKey(hubId, id, secret) };
}

/** Id and key of a token as it was typed, or undefined when it is none. */
export function readToken(hubId: string, text: string): Pick<EnrolmentToken, 'id' | 'key'> | undefined {
  const [, id = '', secret = ''] = TOKEN.exec(text.trim()) ?? [];
  return id === '' ? undefined : { id, key: deriveKey(hubId, id, Buffer.from(secret, 'base64url')) };
}

/** K of the protocol: HKDF-SHA-256 (RFC 5869), bound to the hub and the token. */
function deriveKey(hubId: string, tokenId: string, secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `model-management/1/enrol/${hubId}/${tokenId}`, 32));
}

/** A request to be sent as it is until it is answered: the same bytes again are the same request. */
export function makeEnrolRequest(
  fields: { readonly hubId: string; readonly edge: string; readonly edgePublicKey: PublicKeyText },
  token: Pick<EnrolmentToken, 'id' | 'key'>,
): Buffer {
  const request = { v: 1, ...fields, tokenId: token.id, nonce: randomBytes(16).toString('base64url') };
  return sealWithSecret('enrol-request', request, token.key, token.id);
}

/** Never throws. */
export function openEnrolRequest(
  bytes: Buffer,
  hubId: string,
  token: Pick<EnrolmentToken, 'id' | 'key'>,
): Decoded<EnrolRequest> {
  const opened = openWithSecret('enrol-request', bytes, token.key, token.id, EnrolRequestSchema);
  if (!opened.ok) return opened;
  const request = opened.value.document;
  if (request.hubId !== hubId || request.tokenId !== token.id)
    return refuse('wrong-recipient', 'a request to another hub');
  return { ok: true, value: request };
}

/** Reads the answer to exactly this request. Never throws. */
export function openEnrolAnswer(bytes: Buffer, hubKey: VerifyingKey, request: Buffer): Decoded<EnrolAnswer> {
  const opened = open('enrol-answer', bytes, hubKey, EnrolAnswer);
  if (!opened.ok) return opened;
  const answer = opened.value.document;
  if (answer.requestDigest !== digestOf(request)) return refuse('wrong-recipient', 'an answer to another request');
  return { ok: true, value: answer };
}

export function digestOf(bytes: Buffer): Digest {
  return Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}
