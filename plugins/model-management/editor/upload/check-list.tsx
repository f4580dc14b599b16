import type { ApiError } from '../api';
import { t } from '../i18n';
import type { UploadState } from './use-upload';

const steps = ['read', 'checked', 'loaded'] as const;
type Step = (typeof steps)[number];
export type StepState = 'waiting' | 'running' | 'passed' | 'failed';

const ICON: Record<StepState, string> = {
  waiting: 'fa-square-o',
  running: 'fa-circle-o-notch fa-spin',
  passed: 'fa-check-square-o',
  failed: 'fa-times',
};

/** The server's own words for the steps. */
const STEP_OF_STAGE: Readonly<Record<string, Step>> = { read: 'read', checked: 'checked', 'test-loaded': 'loaded' };
/** Where it does not say: the file was read and understood when only loading it can have failed. */
const LOAD_CODES = new Set(['VERSION_UNUSABLE', 'ENGINE_UNAVAILABLE', 'ENGINE_FULL', 'MODEL_FAILED', 'ENGINE_TIMEOUT']);
const CHECK_CODES = new Set(['INVALID_MODEL', 'DUPLICATE_VERSION']);

function failedStep({ code, details }: ApiError): Step {
  const told = STEP_OF_STAGE[String(details.stage)];
  if (told) return told;
  if (LOAD_CODES.has(code)) return 'loaded';
  return CHECK_CODES.has(code) ? 'checked' : 'read';
}

/** How far an upload came, step by step. */
export function checkListOf(state: UploadState): Record<Step, StepState> {
  switch (state.status) {
    case 'idle':
      return { read: 'waiting', checked: 'waiting', loaded: 'waiting' };
    case 'sending':
      return { read: 'running', checked: 'waiting', loaded: 'waiting' };
    case 'checking':
      return { read: 'passed', checked: 'running', loaded: 'waiting' };
    case 'stored':
      return { read: 'passed', checked: 'passed', loaded: 'passed' };
    case 'failed': {
      const failedAt = steps.indexOf(failedStep(state.error));
      const stateOf = (step: Step): StepState => {
        const at = steps.indexOf(step);
        return at < failedAt ? 'passed' : at === failedAt ? 'failed' : 'waiting';
      };
      return { read: stateOf('read'), checked: stateOf('checked'), loaded: stateOf('loaded') };
    }
  }
}

export function CheckList({ state }: { readonly state: UploadState }) {
  const list = checkListOf(state);
  return (
    <ul class="mm-checks" aria-live="polite">
      {steps.map((step) => (
        <li key={step} class={`mm-check-${list[step]}`}>
          <i class={`fa ${ICON[list[step]]}`} role="img" aria-label={t(`check.${list[step]}`)} /> {t(`check.${step}`)}
        </li>
      ))}
    </ul>
  );
}
