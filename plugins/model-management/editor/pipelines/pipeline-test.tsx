import { useRef, useState } from 'preact/hooks';
import { effectiveSignature } from '../../../../lib/registry/signature-comparison';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { parseJson } from '../json-text';
import { usePipelineChanges, useResource, useTask } from '../live';
import { samplePayloadOf } from '../model/sample-payload';
import { fetchVersion } from '../registry-client';
import { SteadyButton } from '../steady-button';
import { JsonEditor } from '../widgets/code-editor';
import { fetchPipelineRun, testPipeline } from './pipeline-client';
import { RunSteps } from './run-steps';

/** A message for the pipeline, and what it does with it, node by node. */
export function PipelineTest({ id, model }: { readonly id: string; readonly model: string | undefined }) {
  // Only to offer something: a pipeline can be tested without.
  const sample = useResource(
    async (signal) => {
      if (model === undefined) return '{}';
      const version = await fetchVersion(model, 'deployed', signal);
      return samplePayloadOf(version, effectiveSignature(version));
    },
    [model ?? ''],
  );
  if (!sample.data && !sample.error) return <Busy text={t('signature.loading')} />;
  return <TestForm id={id} sample={sample.data ?? '{}'} />;
}

function TestForm({ id, sample }: { readonly id: string; readonly sample: string }) {
  const text = useRef(sample);
  const [isDry, setIsDry] = useState(true);
  const [runId, setRunId] = useState<string>();
  const { state, start, reset } = useTask();
  const run = (confirm: boolean): void =>
    start(async (signal) => {
      setRunId(undefined);
      const payload = parseJson(text.current);
      setRunId((await testPipeline(id, { payload, dryRun: isDry, confirm }, signal)).runId);
    });
  const hasEffects = state.status === 'failed' && state.error.code === 'HAS_EFFECTS';
  return (
    <section class="mm-try" aria-label={t('flow.test.title')}>
      <JsonEditor
        initial={sample}
        label={t('try.payload')}
        onChange={(typed) => {
          text.current = typed;
        }}
      />
      <label class="mm-check">
        <input type="checkbox" checked={isDry} onChange={(event) => setIsDry(event.currentTarget.checked)} />
        <span>{t('flow.test.dry')}</span>
      </label>
      <p class="mm-hint">{t(isDry ? 'flow.test.dryHint' : 'flow.test.realHint')}</p>
      <div class="mm-buttons">
        <SteadyButton primary off={state.status === 'busy'} onClick={() => run(false)}>
          {t('flow.test.run')}
        </SteadyButton>
      </div>
      {state.status === 'busy' && <Busy text={t('try.busy')} onCancel={reset} />}
      {hasEffects && state.status === 'failed' && (
        <Question confirm={t('flow.test.confirm')} onConfirm={() => run(true)} onCancel={reset}>
          <p>{state.error.message}</p>
        </Question>
      )}
      {state.status === 'failed' && !hasEffects && <ErrorBox error={state.error} />}
      {runId !== undefined && <TestRun key={runId} id={id} runId={runId} />}
    </section>
  );
}

function TestRun({ id, runId }: { readonly id: string; readonly runId: string }) {
  const { data, error, reload } = useResource((signal) => fetchPipelineRun(id, runId, signal), [id, runId]);
  usePipelineChanges(reload);
  // A run is there as soon as its first node got something.
  if (!data)
    return error && error.code !== 'RUN_NOT_FOUND' ? <ErrorBox error={error} /> : <Busy text={t('try.busy')} />;
  return <RunSteps run={data} />;
}
