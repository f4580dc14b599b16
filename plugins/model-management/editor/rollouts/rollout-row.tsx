import { Age } from '../age';
import { t } from '../i18n';
import type { RolloutSummary } from './rollout-client';
import { RolloutProgress } from './rollout-progress';
import { RolloutSign } from './rollout-sign';
import { hasProgress, isActive, stageText, targetText } from './rollout-words';

/** One rollout in a list. */
export function RolloutRow({
  rollout,
  isOpen,
  onOpen,
}: {
  readonly rollout: RolloutSummary;
  /** Of one that opens below, in the list of its model. */
  readonly isOpen?: boolean;
  readonly onOpen: () => void;
}) {
  const { model, version, state, counts, createdAt } = rollout;
  return (
    <button
      type="button"
      class="mm-row mm-job-row"
      {...(isOpen !== undefined && { 'aria-expanded': isOpen })}
      onClick={onOpen}
    >
      <RolloutSign state={state} />
      <span class="mm-row-name">
        {isOpen === undefined ? t('rollout.of', { name: model, version }) : t('version.short', { version })}
      </span>
      <span class="mm-row-usage">
        <span>{targetText(rollout)}</span>
        <span>{stageText(rollout)}</span>
        {isActive(rollout) && hasProgress(rollout) ? <RolloutProgress counts={counts} /> : <Age at={createdAt} />}
      </span>
    </button>
  );
}
