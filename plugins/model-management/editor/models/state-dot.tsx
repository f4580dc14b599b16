import { t } from '../i18n';
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
  const word = t(`state.${state}`);
  return (
    <span class={`mm-state mm-state-${state}`} role="img" aria-label={word} title={word}>
      <i class={`fa ${ICON[state]}`} aria-hidden="true" />
    </span>
  );
}
