import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import type { ModelState } from './model-state';

/** One shape per state, so that it can be told without colour. */
const ICON: Record<ModelState, string> = {
  empty: 'fa-square-o',
  idle: 'fa-circle-o',
  loading: 'fa-circle-o-notch fa-spin',
  running: 'fa-circle',
  failed: 'fa-exclamation-triangle',
  unavailable: 'fa-ban',
};

export function StateDot({ state }: { readonly state: ModelState }) {
  return <StateSign kind={state} icon={ICON[state]} word={t(`state.${state}`)} />;
}
