import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Decoded, decodeDocument, decodeJson, refuse } from './decode';
import type { SigningKey, VerifyingKey } from './keys';

/**
 * What is signed says what it is, so that a signature over one kind of document is none over another
 * (explicit typing, RFC 8725, 3.11).
 */
export const documentTypes = [
  'hub',
  'desired',
  'reported',
  'online',
  'command',
  'event',
  'enrol-request',
  'enrol-answer',
] as const;
export type DocumentType = (typeof documentTypes)[number];

/** Largest JSON of each document, before it is wrapped. */
export const MAX_DOCUMENT_BYTES: Readonly<Record<DocumentType, number>> = {
  hub: 4_096,
  desired: 65_536,
  reported: 65_536,
  online: 4_096,
  command: 65_536,
  event: 65_536,
  'enrol-request': 4_096,
  'enrol-answer': 4_096,
};

/** base64url makes four letters of three bytes; the rest is header, signature and names. */
const maxEnvelopeBytes = (type: DocumentType): number => Math.ceil((MAX_DOCUMENT_BYTES[type] * 4) / 3) + 1_024;

const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/);
/** JWS in its flattened JSON serialization: RFC 7515, 7.2.2. */
const Envelope = z.object({ payload: base64url, protected: base64url, signature: base64url });
const Header = z.object({ alg: z.string(), typ: z.string(), kid: z.string().max(64), crit: z.unknown().optional() });

type Algorithm = 'EdDSA' | 'HS256';

export interface Opened<T> {
  readonly document: T;
  /** The signed bytes as they came. */
  readonly payload: Buffer;
}

/**
 * Signs a document: JWS (RFC 7515), flattened JSON, EdDSA with Ed25519 (RFC 8037). The exact bytes of the payload are
 * carried and signed, so no canonical form of JSON is needed.
 */
export function seal(type: DocumentType, document: unknown, key: SigningKey): Buffer {
  return sealBytes(type, Buffer.from(JSON.stringify(document)), key);
}

/** {@link seal} for bytes that are JSON already; the same bytes give the same envelope. */
export function sealBytes(type: DocumentType, payload: Buffer, key: SigningKey): Buffer {
  return wrap({ alg: 'EdDSA', typ: typeOf(type), kid: key.publicKey.id }, payload, (bytes) => key.sign(bytes));
}

/** The same with HMAC (HS256, RFC 7518, 3.2): for whoever has no key that the other side knows yet. */
export function sealWithSecret(type: DocumentType, document: unknown, secret: Buffer, secretId: string): Buffer {
  const header = { alg: 'HS256' as const, typ: typeOf(type), kid: secretId };
  return wrap(header, Buffer.from(JSON.stringify(document)), (bytes) => hmac(secret, bytes));
}

/**
 * Reads what {@link seal} made. Nothing of the payload is looked at before the signature is found good, under the one
 * key and the one algorithm that the reader expects. Never throws.
 */
export function open<T>(
  type: DocumentType,
  bytes: Buffer,
  key: VerifyingKey,
  schema: z.ZodType<T>,
): Decoded<Opened<T>> {
  return unwrap(type, bytes, 'EdDSA', key.id, (signed, signature) => key.verify(signed, signature), schema);
}

/** Reads what {@link sealWithSecret} made. Never throws. */
export function openWithSecret<T>(
  type: DocumentType,
  bytes: Buffer,
  secret: Buffer,
  secretId: string,
  schema: z.ZodType<T>,
): Decoded<Opened<T>> {
  const check = (signed: Buffer, signature: Buffer): boolean => {
    const expected = hmac(secret, signed);
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  };
  return unwrap(type, bytes, 'HS256', secretId, check, schema);
}

const typeOf = (type: DocumentType): string => `mm-${type}+json`;
const hmac = (secret: Buffer, bytes: Buffer): Buffer => createHmac('sha256', secret).update(bytes).digest();

/** RFC 7515, 5.1: signed is `BASE64URL(header) . BASE64URL(payload)`. */
function wrap(header: Readonly<Record<string, string>>, payload: Buffer, sign: (bytes: Buffer) => Buffer): Buffer {
  const parts = {
    payload: payload.toString('base64url'),
    protected: Buffer.from(JSON.stringify(header)).toString('base64url'),
  };
  const signature = sign(Buffer.from(`${parts.protected}.${parts.payload}`, 'ascii')).toString('base64url');
  return Buffer.from(JSON.stringify({ ...parts, signature }));
}

function unwrap<T>(
  type: DocumentType,
  bytes: Buffer,
  algorithm: Algorithm,
  keyId: string,
  check: (signed: Buffer, signature: Buffer) => boolean,
  schema: z.ZodType<T>,
): Decoded<Opened<T>> {
  const envelope = decodeDocument(decodeJson(bytes, maxEnvelopeBytes(type)), Envelope);
  if (!envelope.ok) return envelope;
  const parts = envelope.value;
  const header = decodeDocument(decodeJson(Buffer.from(parts.protected, 'base64url'), 1_024), Header);
  if (!header.ok) return header;
  const { alg, typ, kid, crit } = header.value;
  // RFC 7515, 4.1.11: extensions that must be understood are none of ours.
  if (crit !== undefined) return refuse('malformed', 'the header has critical extensions');
  if (alg !== algorithm) return refuse('bad-signature', `expected the algorithm ${algorithm}`);
  if (typ !== typeOf(type)) return refuse('wrong-type', `expected a document ${typeOf(type)}`);
  if (kid !== keyId) return refuse('unknown-key', 'signed with another key than the one known');
  const signed = Buffer.from(`${parts.protected}.${parts.payload}`, 'ascii');
  if (!check(signed, Buffer.from(parts.signature, 'base64url')))
    return refuse('bad-signature', 'the signature does not fit');
  const payload = Buffer.from(parts.payload, 'base64url');
  const document = decodeDocument(decodeJson(payload, MAX_DOCUMENT_BYTES[type]), schema);
  return document.ok ? { ok: true, value: { document: document.value, payload } } : document;
}
