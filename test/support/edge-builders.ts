import { createHash } from 'node:crypto';
import { type AcceptedDesired, acceptDesired, type EdgeIdentity } from '../../lib/edges/agent/accepted-desired';
import { DesiredModel } from '../../lib/edges/protocol/documents';
import { seal } from '../../lib/edges/protocol/envelope';
import { type SigningKey, temporarySigningKey } from '../../lib/edges/protocol/keys';

/** A digest that stands for a content. */
export const digestFor = (content: string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** A model as it is wanted: each version has one file of its own, and all share a second. */
export function aTarget(name: string, deployed: number, fields: Record<string, unknown> = {}): DesiredModel {
  const files = [
    { kind: 'model', digest: digestFor(`${name} ${deployed}`), sizeBytes: 100 },
    { kind: 'attributes', digest: digestFor('shared'), sizeBytes: 10 },
  ];
  return DesiredModel.parse({
    name,
    deployed,
    aliases: {},
    versions: [{ version: deployed, files }],
    attempt: 0,
    ...fields,
  });
}

export const theHubKey: SigningKey = temporarySigningKey();
const edgeKeyId = temporarySigningKey().publicKey.id;
export const theIdentity: EdgeIdentity = { hubId: 'hub-1', edge: 'edge-2', edgeKeyId, hubKey: theHubKey.publicKey };

export const aDesiredDocument = (models: readonly DesiredModel[], fields: Record<string, unknown> = {}) => ({
  v: 1,
  kind: 'desired',
  hubId: theIdentity.hubId,
  edge: theIdentity.edge,
  edgeKeyId,
  epoch: 1,
  revision: 1,
  issuedAt: 0,
  models,
  ...fields,
});

/** Signed and proven as one from the broker is. */
export function anAcceptedDesired(
  models: readonly DesiredModel[],
  fields: Record<string, unknown> = {},
): AcceptedDesired {
  const accepted = acceptDesired(seal('desired', aDesiredDocument(models, fields), theHubKey), theIdentity, null);
  if (!accepted.ok || accepted.value.kind !== 'desired') throw new Error(JSON.stringify(accepted));
  return accepted.value.desired;
}
