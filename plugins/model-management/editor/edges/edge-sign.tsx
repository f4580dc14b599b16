import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import type { EdgeLook } from './edge-look';

/** One shape per state, so that it can be told without colour. */
const ICONS: Record<EdgeLook, string> = {
  pending: 'fa-hourglass-o',
  online: 'fa-circle',
  working: 'fa-adjust',
  failing: 'fa-exclamation-triangle',
  failingPipeline: 'fa-exclamation-triangle',
  offline: 'fa-circle-o',
  conflict: 'fa-clone',
  revoked: 'fa-ban',
};

const KINDS: Record<EdgeLook, string> = {
  pending: 'idle',
  online: 'running',
  working: 'running',
  failing: 'failed',
  failingPipeline: 'failed',
  offline: 'idle',
  conflict: 'failed',
  revoked: 'failed',
};

export function EdgeSign({ look }: { readonly look: EdgeLook }) {
  return <StateSign kind={KINDS[look]} icon={ICONS[look]} word={t(`edge.look.${look}`)} />;
}
