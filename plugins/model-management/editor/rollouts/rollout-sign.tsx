import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import type { RolloutEdgeView, RolloutStatus } from './rollout-client';

type Outcome = RolloutEdgeView['state'];

/** One shape per state, so that it can be told without colour. */
const ICONS: Record<RolloutStatus, string> = {
  running: 'fa-circle-o-notch fa-spin',
  paused: 'fa-pause',
  stopped: 'fa-ban',
  succeeded: 'fa-check-circle',
  rolling_back: 'fa-undo',
  rolled_back: 'fa-undo',
};

const KINDS: Partial<Record<RolloutStatus, string>> = { running: 'running', succeeded: 'running', stopped: 'failed' };

export function RolloutSign({ state }: { readonly state: RolloutStatus }) {
  return <StateSign kind={KINDS[state] ?? 'idle'} icon={ICONS[state]} word={t(`rollout.state.${state}`)} />;
}

const EDGE_ICONS: Record<Outcome, string> = {
  waiting: 'fa-hourglass-o',
  pending: 'fa-circle-o-notch fa-spin',
  offline: 'fa-circle-o',
  running: 'fa-circle',
  failed: 'fa-exclamation-triangle',
  restoring: 'fa-undo',
  restored: 'fa-undo',
  left: 'fa-minus-circle',
};

const EDGE_KINDS: Partial<Record<Outcome, string>> = { running: 'running', failed: 'failed' };

/** Of an edge that takes part. */
export function OutcomeSign({ state }: { readonly state: Outcome }) {
  return <StateSign kind={EDGE_KINDS[state] ?? 'idle'} icon={EDGE_ICONS[state]} word={t(`rollout.edge.${state}`)} />;
}
