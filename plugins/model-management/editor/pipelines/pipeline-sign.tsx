import { Age } from '../age';
import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import type { PipelineState } from './pipeline-client';

/** One shape per state, so that it can be told without colour. */
const ICONS: Record<PipelineState, string> = {
  idle: 'fa-circle-o',
  listening: 'fa-dot-circle-o',
  succeeded: 'fa-check-circle',
  failed: 'fa-exclamation-triangle',
  failed_initializing: 'fa-times-circle',
};

const KINDS: Record<PipelineState, string> = {
  idle: 'idle',
  listening: 'running',
  succeeded: 'running',
  failed: 'failed',
  failed_initializing: 'failed',
};

export function PipelineSign({ state }: { readonly state: PipelineState }) {
  return <StateSign kind={KINDS[state]} icon={ICONS[state]} word={t(`flow.state.${state}`)} />;
}

/** "listening 3 minutes ago", with its sign. */
export function PipelineStateLine({ state, since }: { readonly state: PipelineState; readonly since: string }) {
  return (
    <>
      <PipelineSign state={state} /> {t(`flow.state.${state}`)} <Age at={since} />
    </>
  );
}
