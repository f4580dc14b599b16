import { useEffect, useRef, useState } from 'preact/hooks';
import type { InferAnswer } from '../contract';
import { Busy, ErrorBox } from '../feedback';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { parseJson } from '../json-text';
import { useTask } from '../live';
import { type InferRequest, infer } from '../registry-client';
import { SteadyButton } from '../steady-button';
import { JsonEditor } from '../widgets/code-editor';

export function TryItRun({
  model,
  version,
  sample,
  options,
}: {
  readonly model: string;
  readonly version: number;
  readonly sample: string;
  readonly options: Omit<InferRequest, 'payload'>;
}) {
  const { text, offered } = usePayload(sample);
  const { state, start, reset } = useTask();
  const [answer, setAnswer] = useState<InferAnswer>();
  // What another version answered says nothing of this one.
  useEffect(() => {
    reset();
    setAnswer(undefined);
  }, [model, version]);
  const run = (): void =>
    start(async (signal) => {
      setAnswer(undefined);
      setAnswer(await infer(model, version, { ...options, payload: parseJson(text.current) }, signal));
    });
  return (
    <>
      <JsonEditor
        initial={offered}
        label={t('try.payload')}
        onChange={(typed) => {
          text.current = typed;
        }}
      />
      <div class="mm-buttons">
        <SteadyButton primary off={state.status === 'busy'} onClick={run}>
          {t('try.run')}
        </SteadyButton>
        {answer && <span>{t('live.ms', { value: formatNumber(answer.durationMs, RED.i18n.lang(), 3) })}</span>}
      </div>
      {state.status === 'busy' && <Busy text={t('try.busy')} onCancel={reset} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      {answer && (
        <output class="mm-result" aria-label={t('try.result')}>
          {JSON.stringify(answer.payload, null, 2)}
        </output>
      )}
      {answer?.nonFinite && <p class="mm-hint">{t('try.nonFinite')}</p>}
    </>
  );
}

/** What is sent: the sample until somebody typed. Then another sample takes nothing away. */
function usePayload(sample: string) {
  const text = useRef(sample);
  const [offered, setOffered] = useState(sample);
  useEffect(() => {
    if (text.current === offered) setOffered(sample);
  }, [sample]);
  return { text, offered };
}
