import { z } from 'zod';
import { invalidInput, ModelManagementError } from '../../errors';
import { parseInput } from '../../parse-input';
import { KeyedQueue } from '../../store/keyed-queue';
import type { EdgeName, EnrolRequest } from '../protocol/documents';
import { EdgeName as EdgeNameSchema } from '../protocol/documents';
import { type EnrolmentToken, newToken } from '../protocol/enrolment';
import { keyIdOf } from '../protocol/keys';
import { edgeKey, LOCAL_EDGE } from '../protocol/names';
import type { EdgeHubDeps } from './hub-dependencies';
import type { EdgeDocument, TokenRecord } from './hub-documents';

const TOKEN_LIFE_MS = 86_400_000;
/** Of one edge; older ones are answered as unknown. */
const MAX_TOKENS = 10;

const label = z.string().trim().min(1).max(63);
/** A list of labels; an object is taken as a list of `key=value`. */
export const Labels = z
  .union([
    z.array(label).max(64),
    z
      .record(label, z.string().max(63))
      .transform((map) => Object.entries(map).map(([key, value]) => `${key}=${value}`)),
  ])
  .transform((labels) => [...new Set(labels)]);
const NewEdge = z.strictObject({ name: z.string(), labels: Labels.optional() });
const EdgePatch = z.strictObject({ labels: Labels.optional() });

export type EnrolmentOutcome =
  | { readonly result: 'accepted'; readonly edge: EdgeDocument }
  | { readonly result: 'refused'; readonly reason: 'token-used' | 'token-expired' | 'token-void' | 'token-foreign' };

type Deps = Pick<EdgeHubDeps, 'hubId' | 'secrets' | 'clock'> & { readonly edges: EdgeHubDeps['stores']['edges'] };

/** The edges, their keys and tokens. A change is on the disk when its promise resolves; changes take turns. */
export class EdgeBook {
  readonly #byToken = new Map<string, string>();
  readonly #turns = new KeyedQueue();

  constructor(private readonly deps: Deps) {
    for (const document of deps.edges.all()) this.#index(document);
  }

  /** By name, without the deleted. */
  all(): readonly EdgeDocument[] {
    return this.deps.edges.all().filter(({ deletedAt }) => deletedAt === null);
  }

  /** Also those that are deleted and have a key to tell. */
  everKnown(): readonly EdgeDocument[] {
    return this.deps.edges.all();
  }

  /** Also one that is deleted. */
  known(key: string): EdgeDocument | undefined {
    return this.deps.edges.get(key);
  }

  find(name: string): EdgeDocument | undefined {
    const found = this.deps.edges.get(edgeKey(name));
    return found?.deletedAt === null ? found : undefined;
  }

  /** @throws {ModelManagementError} `EDGE_NOT_FOUND` */
  get(name: string): EdgeDocument {
    const found = this.find(name);
    if (found) return found;
    throw new ModelManagementError(
      'EDGE_NOT_FOUND',
      `There is no edge named ${JSON.stringify(name.slice(0, 80))}.`,
      'Add it in the tab Edges, or correct the name.',
    );
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `EDGE_EXISTS` */
  create(
    input: unknown,
  ): Promise<{ readonly edge: EdgeDocument; readonly token: EnrolmentToken; readonly expiresAt: number }> {
    return this.#inTurn(async () => {
      const { name: text, labels = [] } = parseInput(NewEdge, input);
      const name = checkName(text);
      const known = this.deps.edges.get(edgeKey(name));
      if (known && known.deletedAt === null) {
        const hint = 'Choose another name, or make a new token for the edge that is there.';
        throw new ModelManagementError('EDGE_EXISTS', `There is an edge named ${known.name} already.`, hint);
      }
      const { token, record } = this.#newToken();
      const now = this.deps.clock.now();
      const edge: EdgeDocument = {
        _id: edgeKey(name),
        name,
        labels,
        createdAt: now,
        deletedAt: null,
        tokens: [record, ...(known ? voided(known.tokens) : [])].slice(0, MAX_TOKENS),
        key: null,
        revoked: null,
      };
      await this.#put(edge);
      return { edge, token, expiresAt: record.expiresAt };
    });
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `EDGE_NOT_FOUND` */
  update(name: string, patch: unknown): Promise<EdgeDocument> {
    return this.#inTurn(async () => {
      const edge = this.get(name);
      const { labels } = parseInput(EdgePatch, patch);
      return labels ? this.#put({ ...edge, labels }) : edge;
    });
  }

  /** A new token; those before are void. @throws {ModelManagementError} `EDGE_NOT_FOUND` */
  renewToken(
    name: string,
    isRevoking: boolean,
  ): Promise<{ readonly edge: EdgeDocument; readonly token: EnrolmentToken; readonly expiresAt: number }> {
    return this.#inTurn(async () => {
      const known = this.get(name);
      const { token, record } = this.#newToken();
      const tokens = [record, ...voided(known.tokens)].slice(0, MAX_TOKENS);
      const edge = await this.#put({ ...(isRevoking ? this.#withoutKey(known, 'revoked') : known), tokens });
      return { edge, token, expiresAt: record.expiresAt };
    });
  }

  /** @throws {ModelManagementError} `EDGE_NOT_FOUND` */
  remove(name: string): Promise<EdgeDocument> {
    return this.#inTurn(async () => {
      const edge = this.#withoutKey(this.get(name), 'deleted');
      return this.#put({ ...edge, tokens: voided(edge.tokens), deletedAt: this.deps.clock.now() });
    });
  }

  /** The edge gave its key up. The edge is given as it was when it said so. */
  leave({ name, key }: Pick<EdgeDocument, 'name' | 'key'>): Promise<EdgeDocument> {
    return this.#inTurn(async () => {
      const edge = this.get(name);
      // It has been enrolled anew meanwhile.
      return edge.key?.id === key?.id ? this.#put(this.#withoutKey(edge, 'left')) : edge;
    });
  }

  /** What proves a token, or undefined when it is not known (any more). */
  tokenSecret(tokenId: string): Buffer | undefined {
    const record = this.#tokenOf(tokenId)?.record;
    return record && Buffer.from(this.deps.secrets.decrypt(record.secret), 'base64');
  }

  /** Gives the edge of a token the key of a request whose proof was found good; the same request again is accepted again. */
  enrol(request: EnrolRequest): Promise<EnrolmentOutcome> {
    return this.#inTurn(async () => {
      const found = this.#tokenOf(request.tokenId);
      if (!found) return { result: 'refused', reason: 'token-void' };
      const { edge, record } = found;
      const keyId = keyIdOf(request.edgePublicKey);
      if (request.edge !== edge.name) return { result: 'refused', reason: 'token-foreign' };
      if (record.usedBy !== null) {
        const isAgain = record.usedBy === keyId && edge.key?.id === keyId;
        return isAgain ? { result: 'accepted', edge } : { result: 'refused', reason: 'token-used' };
      }
      if (record.isVoid) return { result: 'refused', reason: 'token-void' };
      const now = this.deps.clock.now();
      if (now >= record.expiresAt) return { result: 'refused', reason: 'token-expired' };
      const tokens = edge.tokens.map((one) => (one.id === record.id ? { ...one, usedBy: keyId } : one));
      const key = { publicKey: request.edgePublicKey, id: keyId, enrolledAt: now };
      return { result: 'accepted', edge: await this.#put({ ...edge, tokens, key, revoked: null }) };
    });
  }

  #tokenOf(tokenId: string): { readonly edge: EdgeDocument; readonly record: TokenRecord } | undefined {
    const edge = this.deps.edges.get(this.#byToken.get(tokenId) ?? '');
    const record = edge?.tokens.find(({ id }) => id === tokenId);
    return edge && record && { edge, record };
  }

  #withoutKey(edge: EdgeDocument, reason: NonNullable<EdgeDocument['revoked']>['reason']): EdgeDocument {
    if (!edge.key) return edge.revoked ? { ...edge, revoked: { ...edge.revoked, reason } } : edge;
    return { ...edge, key: null, revoked: { keyId: edge.key.id, at: this.deps.clock.now(), reason } };
  }

  #newToken(): { readonly token: EnrolmentToken; readonly record: TokenRecord } {
    const { hubId, secrets, clock } = this.deps;
    const token = newToken(hubId);
    const secret = secrets.encrypt(token.key.toString('base64'));
    const expiresAt = clock.now() + TOKEN_LIFE_MS;
    return { token, record: { id: token.id, secret, expiresAt, usedBy: null, isVoid: false } };
  }

  async #put(edge: EdgeDocument): Promise<EdgeDocument> {
    await this.deps.edges.put(edge);
    this.#index(edge);
    return edge;
  }

  #index(edge: EdgeDocument): void {
    for (const { id } of edge.tokens) this.#byToken.set(id, edge._id);
  }

  #inTurn<R>(change: () => Promise<R>): Promise<R> {
    return this.#turns.run('', change);
  }
}

const voided = (tokens: readonly TokenRecord[]): TokenRecord[] => tokens.map((token) => ({ ...token, isVoid: true }));

/** @throws {ModelManagementError} `INVALID_INPUT` */
function checkName(text: string): EdgeName {
  const parsed = EdgeNameSchema.safeParse(text);
  if (!parsed.success) {
    const hint = 'Use up to 63 letters, digits, ".", "_" and "-", beginning with a letter or a digit.';
    throw invalidInput('name', `name: ${JSON.stringify(text.slice(0, 80))} cannot be the name of an edge`, hint);
  }
  if (edgeKey(parsed.data) === LOCAL_EDGE) {
    throw invalidInput('name', 'name: local is this hub itself', 'Choose another name.');
  }
  return parsed.data;
}
