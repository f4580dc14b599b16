import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import type { JobView, RunState } from './contract';

/** One shape per state, so that it can be told without colour. */
const ICONS: Record<RunState, string> = {
  queued: 'fa-clock-o',
  preparing: 'fa-circle-o-notch fa-spin',
  installing: 'fa-circle-o-notch fa-spin',
  training: 'fa-circle-o-notch fa-spin',
  collecting: 'fa-circle-o-notch fa-spin',
  succeeded: 'fa-check-circle',
  failed: 'fa-exclamation-triangle',
  cancelled: 'fa-ban',
  timed_out: 'fa-hourglass-end',
  skipped: 'fa-step-forward',
  lost: 'fa-question-circle',
};

const KINDS: Partial<Record<RunState, string>> = {
  succeeded: 'running',
  failed: 'failed',
  timed_out: 'failed',
  lost: 'failed',
};

export function RunSign({ state }: { readonly state: RunState }) {
  return <StateSign kind={KINDS[state] ?? 'idle'} icon={ICONS[state]} word={t(`run.state.${state}`)} />;
}

/** Of a job: what runs, else how the last run ended; a pause counts more than that. */
export function JobSign({ job: { activeRun, lastRun, state } }: { readonly job: JobView }) {
  if (activeRun) return <RunSign state={activeRun.state} />;
  if (state === 'paused') return <StateSign kind="idle" icon="fa-pause" word={t('job.state.paused')} />;
  if (!lastRun) return <StateSign kind="idle" icon="fa-circle-o" word={t('job.state.never')} />;
  return <RunSign state={lastRun.state} />;
}
