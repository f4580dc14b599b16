import { isSameEdge } from '../../../../lib/edges/protocol/names';
import { Age } from '../age';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useClock, useEdgeChanges, useResource, useRolloutChanges } from '../live';
import { mayWrite } from '../rights';
import { RolloutActions } from './rollout-actions';
import { RolloutAudit } from './rollout-audit';
import { fetchRollout, type RolloutView } from './rollout-client';
import { RolloutProgress } from './rollout-progress';
import { RolloutSign } from './rollout-sign';
import { RolloutWaves } from './rollout-waves';
import { hasProgress, rulesText, stageText, targetText, waitsForEdge } from './rollout-words';

/** A rollout: how far it is, wave by wave and edge by edge, what can be done about it, and who did what. */
export function RolloutDetail({
  id,
  isBelowRow = false,
}: {
  readonly id: string;
  /** The row of the list says already what it is. */
  readonly isBelowRow?: boolean;
}) {
  const { data, error, reload, cancel } = useResource((signal) => fetchRollout(id, signal), [id]);
  useRolloutChanges(reload, id);
  useEdgeChanges(reload, (changed) => data?.edges.some(({ name }) => isSameEdge(name, changed)) ?? false);
  if (!data) {
    return error ? <ErrorBox error={error} onRetry={reload} /> : <Busy text={t('rollout.loading')} onCancel={cancel} />;
  }
  return (
    <div class="mm-detail mm-rollout">
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!isBelowRow && <Head rollout={data} />}
      <Facts rollout={data} />
      {mayWrite() && <RolloutActions rollout={data} onChanged={reload} />}
      <RolloutWaves rollout={data} />
      <RolloutAudit entries={data.audit} />
    </div>
  );
}

function Head({ rollout }: { readonly rollout: RolloutView }) {
  const { version, state, counts } = rollout;
  return (
    <header>
      <h2>
        <RolloutSign state={state} /> {t('rollout.to', { version, target: targetText(rollout) })}
      </h2>
      <p role="status">
        {stageText(rollout)} {hasProgress(rollout) && <RolloutProgress counts={counts} />}
      </p>
    </header>
  );
}

function Facts({ rollout }: { readonly rollout: RolloutView }) {
  const { reason, counts, createdAt, createdBy, nextWaveAt } = rollout;
  const { failed = 0, offline = 0 } = counts;
  // The waiting time goes down in sight.
  useClock(nextWaveAt !== undefined);
  const troubles = [
    ...(failed > 0 ? [t('rollout.failed', { count: failed })] : []),
    ...(offline > 0 ? [t('rollout.offline', { count: offline })] : []),
  ];
  return (
    <div>
      {nextWaveAt && (
        <p>
          {t('rollout.nextWave')} <Age at={nextWaveAt} />
        </p>
      )}
      {waitsForEdge(rollout) && <p>{t('rollout.waitsForEdge')}</p>}
      {reason && <p>{t(`rollout.reason.${reason}`)}</p>}
      {troubles.length > 0 && <p>{troubles.join(' · ')}</p>}
      <p class="mm-sub">
        {rulesText(rollout)} · {t('rollout.startedAt')} <Age at={createdAt} />
        {createdBy !== null && ` · ${t('fact.by', { user: createdBy })}`}
      </p>
    </div>
  );
}
