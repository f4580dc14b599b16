import type { OwnEdge } from '../edges/edge-client';
import { t } from '../i18n';

const REASONS = [
  'token-unknown',
  'token-used',
  'token-expired',
  'token-void',
  'token-foreign',
  'proof-invalid',
  'unreadable',
  'revoked',
  'deleted',
  'left',
  'key-missing',
] as const;

/** Why an enrolment does not hold, in words; what a later release says as it is. */
export function reasonText(reason: string): string {
  const known = REASONS.find((one) => one === reason);
  return known ? t(`edge.own.reason.${known}`) : reason;
}

/** It has no key that the hub takes: a token is the way on. */
export const needsToken = ({ enrolment: { status } }: OwnEdge): boolean =>
  status === 'none' || status === 'refused' || status === 'revoked';

/** By its name, or what is known of it. */
export const hubText = ({ hub, hubId }: OwnEdge): string => hub?.name ?? hubId;

/** "enrolled · connected to the broker · the hub is there" */
export function stateText({ enrolment, isConnected, hub }: OwnEdge): string {
  return [
    t(`edge.own.enrolment.${enrolment.status}`),
    t(isConnected ? 'edge.own.connected' : 'edge.own.notConnected'),
    ...(isConnected && hub ? [t(hub.online ? 'edge.own.hubThere' : 'edge.own.hubAway')] : []),
  ].join(' · ');
}
