import { useRef, useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { parseJson } from '../json-text';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { type CodeEditorHandle, JsonEditor } from '../widgets/code-editor';
import type { TrialAnswer } from './contract';
import { FaultBox, faultOf } from './fault-box';
import { testLibrary } from './library-client';
import { TestResult } from './test-result';

/** One call of `exec`, of the text as it stands, stored or not; nothing of it reaches the flows. */
export function TestPanel({
  name,
  source,
  onGoTo,
}: {
  readonly name: string;
  readonly source: string;
  readonly onGoTo: CodeEditorHandle['goTo'];
}) {
  const input = useRef('{}');
  const msg = useRef('{}');
  const { state, start, reset } = useTask();
  const [answer, setAnswer] = useState<TrialAnswer>();
  const run = (): void =>
    start(async (signal) => {
      setAnswer(undefined);
      setAnswer(
        await testLibrary(name, source, { input: parseJson(input.current), msg: parseJson(msg.current) }, signal),
      );
    });
  return (
    <section class="mm-try" aria-label={t('library.test.title')}>
      <h3>{t('library.test.title')}</h3>
      <p class="mm-hint">{t('library.test.hint')}</p>
      <JsonEditor
        initial="{}"
        label={t('library.test.input')}
        onChange={(typed) => {
          input.current = typed;
        }}
      />
      <details>
        <summary>{t('library.test.msg')}</summary>
        <JsonEditor
          initial="{}"
          label={t('library.test.msg')}
          onChange={(typed) => {
            msg.current = typed;
          }}
        />
      </details>
      <div class="mm-buttons">
        <SteadyButton primary off={state.status === 'busy'} onClick={run}>
          {t('try.run')}
        </SteadyButton>
      </div>
      {state.status === 'busy' && <Busy text={t('try.busy')} onCancel={reset} />}
      {state.status === 'failed' &&
        (state.error.code === 'INVALID_LIBRARY' ? (
          <FaultBox fault={faultOf(state.error)} hint={state.error.hint} onGoTo={onGoTo} />
        ) : (
          <ErrorBox error={state.error} />
        ))}
      {answer && <TestResult answer={answer} onGoTo={onGoTo} />}
    </section>
  );
}
