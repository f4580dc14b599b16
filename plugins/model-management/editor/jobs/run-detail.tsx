import { LOCAL_EDGE } from '../../../../lib/names';
import { isFinal } from '../../../../lib/training/run/run-states';
import { Age } from '../age';
import { Busy, ErrorBox } from '../feedback';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { useTask } from '../live';
import { openModel } from '../model/model-tray';
import { SteadyButton } from '../steady-button';
import type { RunView } from './contract';
import { cancelRun } from './job-client';
import { PhaseLine } from './phase-line';
import { placeWords } from './place-words';
import { mayTrain } from './rights';
import { RunLog } from './run-log';
import { RunSign } from './run-sign';

/** One run in full: its phases, what came of it, and its log as it is written. */
export function RunDetail({ run, onChanged }: { readonly run: RunView; readonly onChanged: () => void }) {
  return (
    <section class="mm-run" aria-label={t('run.title', { number: run.number })}>
      <header class="mm-section-head">
        <h3>
          <RunSign state={run.state} /> {t('run.title', { number: run.number })} · {t(`run.state.${run.state}`)}
        </h3>
        {!isFinal(run.state) && mayTrain() && <CancelButton run={run} onChanged={onChanged} />}
      </header>
      <RunPlace run={run} />
      <PhaseLine run={run} />
      {run.error && (
        <div class="mm-error" role="status">
          <i class="fa fa-exclamation-triangle" aria-hidden="true" />
          <div>
            <strong>{run.error.message}</strong>
            <p>{run.error.hint}</p>
          </div>
        </div>
      )}
      {run.reason && <p>{run.reason}</p>}
      {run.waitsFor && <p>{run.waitsFor}</p>}
      <Result run={run} />
      <RunLog key={run.id} run={run} />
    </section>
  );
}

/** Of a run that another Node-RED carries out: which, and whether it can be heard. */
function RunPlace({ run: { edge, edgeOfflineSince } }: { readonly run: RunView }) {
  if (edge === LOCAL_EDGE) return null;
  return (
    <p class="mm-sub">
      {t('run.onEdge', { edge: placeWords(edge) })}
      {edgeOfflineSince !== undefined && (
        <>
          {' · '}
          <i class="fa fa-chain-broken" aria-hidden="true" /> {t('run.edgeOffline')} <Age at={edgeOfflineSince} />
        </>
      )}
    </p>
  );
}

function CancelButton({ run, onChanged }: { readonly run: RunView; readonly onChanged: () => void }) {
  const { state, start } = useTask();
  const cancel = (): void =>
    start(async (signal) => {
      await cancelRun(run.id, signal);
      onChanged();
    });
  return (
    <div class="mm-actions">
      <SteadyButton off={state.status === 'busy'} onClick={cancel}>
        {t('run.cancel')}
      </SteadyButton>
      <span class="mm-sub">{t('run.cancelEffect')}</span>
      {state.status === 'busy' && <Busy text={t('run.cancelling')} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
    </div>
  );
}

/** The version it made, its metrics, and what the gate said. */
function Result({ run: { model, version, metrics, promotion, inputs } }: { readonly run: RunView }) {
  const language = RED.i18n.lang();
  const values = Object.entries(metrics ?? {}).map(([name, value]) => `${name} ${formatNumber(value, language)}`);
  const rows = inputs.queries.map(({ id, rows: count }) =>
    t('run.query', { id, rows: formatNumber(count, language, 9) }),
  );
  return (
    <>
      {model !== undefined && version !== undefined && (
        <p>
          <button type="button" class="mm-link" onClick={() => openModel(model)}>
            {t('run.version', { model, version })}
          </button>
          {values.length > 0 && ` · ${values.join(' · ')}`}
        </p>
      )}
      {promotion && (
        <p class="mm-sub">
          {t(`run.promotion.${promotion.decision}`)} {promotion.reason}
        </p>
      )}
      {rows.length > 0 && (
        <p class="mm-sub">
          {rows.join(' · ')}
          {inputs.baseVersion !== null && ` · ${t('run.from', { version: inputs.baseVersion })}`}
        </p>
      )}
    </>
  );
}
