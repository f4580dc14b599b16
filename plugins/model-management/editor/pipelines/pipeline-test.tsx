import { useRef, useState } from 'preact/hooks';
import { effectiveSignature } from '../../../../lib/registry/signature-comparison';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { parseJson } from '../json-text';
import { useResource, useTask } from '../live';
import { samplePayloadOf } from '../model/sample-payload';
import { fetchVersion } from '../registry-client';
import { SteadyButton } from '../steady-button';
import { ChoiceField } from '../widgets/choice-field';
import { JsonEditor } from '../widgets/code-editor';
import { fetchTests, type PipelinePlace, type PipelineStart, type SavedTest, testPipeline } from './pipeline-client';
import { mayRun } from './rights';
import { FollowedRun } from './run-steps';
import { SavedTests } from './saved-tests';

/** A message for the pipeline, and what it does with it, node by node. */
export function PipelineTest({
  place,
  model,
  starts,
}: {
  readonly place: PipelinePlace;
  readonly model: string | undefined;
  readonly starts: readonly PipelineStart[];
}) {
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
  if (starts.length === 0) return <p class="mm-hint">{t('flow.test.nowhere')}</p>;
  return <TestForm place={place} sample={sample.data ?? '{}'} starts={starts} />;
}

function TestForm({
  place,
  sample,
  starts,
}: {
  readonly place: PipelinePlace;
  readonly sample: string;
  readonly starts: readonly PipelineStart[];
}) {
  const { id } = place;
  const tests = useResource((signal) => fetchTests(id, signal), [id]);
  // Another one gives the editor another text.
  const [taken, setTaken] = useState({ text: sample, count: 0 });
  const text = useRef(sample);
  const [nodeId, setNodeId] = useState(starts[0]?.id);
  const [isDry, setIsDry] = useState(true);
  const [runId, setRunId] = useState<string>();
  const { state, start, reset } = useTask();
  const node = starts.find((one) => one.id === nodeId) ?? starts[0];
  const run = (confirm: boolean): void =>
    start(async (signal) => {
      setRunId(undefined);
      const payload = parseJson(text.current);
      const body = { payload, dryRun: isDry, confirm, ...(node && { nodeId: node.id }) };
      setRunId((await testPipeline(place, body, signal)).runId);
    });
  const take = (test: SavedTest): void => {
    text.current = JSON.stringify(test.payload, null, 2);
    setTaken({ text: text.current, count: taken.count + 1 });
    if (test.nodeId !== null) setNodeId(test.nodeId);
  };
  const hasEffects = state.status === 'failed' && state.error.code === 'HAS_EFFECTS';
  return (
    <section class="mm-try" aria-label={t('flow.test.title')}>
      {starts.length > 1 && (
        <div class="mm-form">
          <ChoiceField
            label={t('flow.test.into')}
            value={node?.id ?? ''}
            options={starts.map((one) => ({ value: one.id, text: startWords(one) }))}
            onChange={setNodeId}
          />
        </div>
      )}
      <JsonEditor
        key={taken.count}
        initial={taken.text}
        label={t('try.payload')}
        onChange={(typed) => {
          text.current = typed;
        }}
      />
      {/* They are kept with the tab: of one that is only on edges there are none. */}
      {!tests.error && (
        <SavedTests
          id={id}
          tests={tests.data ?? []}
          current={() => ({ payload: parseJson(text.current), nodeId: node?.id ?? null })}
          onTake={take}
          onChanged={tests.reload}
        />
      )}
      {mayRun() && (
        <label class="mm-check">
          <input type="checkbox" checked={isDry} onChange={(event) => setIsDry(event.currentTarget.checked)} />
          <span>{t('flow.test.dry')}</span>
        </label>
      )}
      <p class="mm-hint">{t(isDry ? 'flow.test.dryHint' : 'flow.test.realHint')}</p>
      <div class="mm-buttons">
        <SteadyButton primary off={state.status === 'busy'} onClick={() => run(false)}>
          {t('flow.test.run')}
        </SteadyButton>
      </div>
      {state.status === 'busy' && <Busy text={t('try.busy')} onCancel={reset} />}
      {hasEffects && mayRun() && state.status === 'failed' && (
        <Question confirm={t('flow.test.confirm')} onConfirm={() => run(true)} onCancel={reset}>
          <p>{state.error.message}</p>
        </Question>
      )}
      {state.status === 'failed' && !(hasEffects && mayRun()) && <ErrorBox error={state.error} />}
      {runId !== undefined && <FollowedRun key={runId} place={place} runId={runId} />}
    </section>
  );
}

const startWords = ({ name, topic, type }: PipelineStart): string => [name || type, topic].filter(Boolean).join(' · ');
