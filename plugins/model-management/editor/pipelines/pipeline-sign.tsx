import { Age } from '../age';
import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import { nodeWords } from './node-link';
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

interface StateSince {
  readonly state: PipelineState;
  readonly since: string;
  /** Id of the node where it failed. */
  readonly failedAt?: string | undefined;
}

/** "listening since 3 minutes ago", "failed runtime 12 seconds ago at step normalize". */
export function PipelineStateText({ state, since, failedAt }: StateSince) {
  return (
    <>
      {t(`flow.since.${state}`)} <Age at={since} />
      {failedAt !== undefined && ` ${t('flow.failedAt')} ${nodeWords(failedAt)}`}
    </>
  );
}

/** The same after its sign. */
export function PipelineStateLine(props: StateSince) {
  return (
    <>
      <PipelineSign state={props.state} /> <PipelineStateText {...props} />
    </>
  );
}
