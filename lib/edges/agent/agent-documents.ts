import { z } from 'zod';
import type { DocumentStore } from '../../store';
import { CommandMemory } from '../protocol/command-gate';
import { DesiredOrder, EdgeName } from '../protocol/documents';
import { KeyId, PublicKeyText } from '../protocol/keys';
import type { ModelState } from './model-state';

const identity = {
  hubId: z.string(),
  hubPublicKey: PublicKeyText,
  edge: EdgeName,
  /** Names the key's file, so that a token typed anew never touches the key that is in use. */
  tokenId: z.string(),
  keyId: KeyId,
};

/** What an edge keeps beside its models, in `edge-agent.db`. */
export const AgentDocument = z.discriminatedUnion('_id', [
  /** Raised at each start, before anything is said. */
  z.object({ _id: z.literal('boot'), boot: z.int().positive() }),
  /** The hub accepted the key. */
  z.object({ _id: z.literal('identity'), ...identity, revoked: z.string().nullable() }),
  /** A token that was not answered yet, or was refused; `request` is what is sent, base64. */
  z.object({ _id: z.literal('candidate'), ...identity, request: z.string(), refused: z.string().nullable() }),
  /** The last document taken from the hub, proven again at each start; the envelope is base64, null after a revocation. */
  z.object({
    _id: z.literal('desired'),
    hubId: z.string(),
    keyId: KeyId,
    order: DesiredOrder,
    envelope: z.string().nullable(),
    /** Why the key is void, where it is. */
    revoked: z.string().exactOptional(),
  }),
  /** Ids of tokens that were used, refused or replaced: settings that still hold one of them say nothing new. */
  z.object({ _id: z.literal('tokens'), spent: z.array(z.string()).readonly() }),
  z.object({ _id: z.literal('commands'), memory: CommandMemory }),
]);
export type AgentDocument = z.infer<typeof AgentDocument>;
type DocumentOf<Id extends AgentDocument['_id']> = Extract<AgentDocument, { _id: Id }>;
export type IdentityDocument = DocumentOf<'identity'>;
export type CandidateDocument = DocumentOf<'candidate'>;

export interface AgentStores {
  readonly agent: DocumentStore<AgentDocument>;
  readonly models: DocumentStore<ModelState>;
}

/** The one document of that id. */
export function findDocument<Id extends AgentDocument['_id']>(
  { agent }: Pick<AgentStores, 'agent'>,
  id: Id,
): DocumentOf<Id> | undefined {
  const found = agent.get(id);
  return found?._id === id ? (found as DocumentOf<Id>) : undefined;
}
