import { formatNumber } from '../format';
import { t } from '../i18n';
import type { CodeEditorHandle } from '../widgets/code-editor';
import type { TrialAnswer, TrialLine } from './contract';
import { FaultBox } from './fault-box';

const ICON: Record<TrialLine['level'], string> = {
  error: 'fa-times-circle',
  warn: 'fa-exclamation-triangle',
  info: 'fa-info-circle',
  debug: 'fa-bug',
};

/** What `exec` gave, how long it took, and what it wrote to its console. */
export function TestResult({
  answer,
  onGoTo,
}: {
  readonly answer: TrialAnswer;
  readonly onGoTo: CodeEditorHandle['goTo'];
}) {
  const { error, logs, durationMs, truncated } = answer;
  return (
    <>
      {error ? <FaultBox fault={error} onGoTo={onGoTo} /> : <Output answer={answer} />}
      <p class="mm-sub">{t('live.ms', { value: formatNumber(durationMs, RED.i18n.lang(), 3) })}</p>
      {logs.length > 0 && (
        <ul class="mm-log" aria-label={t('library.test.console')}>
          {logs.map((line, at) => (
            <Line key={at} line={line} />
          ))}
        </ul>
      )}
      {truncated && <p class="mm-hint">{t('library.test.truncated')}</p>}
    </>
  );
}

function Output({ answer: { output, inexact, truncated } }: { readonly answer: TrialAnswer }) {
  if (output === undefined) return <p class="mm-hint">{t('library.test.nothing')}</p>;
  // What was cut, or is more than JSON, comes as text already.
  const isText = typeof output === 'string' && (inexact || truncated);
  return (
    <>
      <output class="mm-result" aria-label={t('try.result')}>
        {isText ? output : JSON.stringify(output, null, 2)}
      </output>
      {inexact && <p class="mm-hint">{t('library.test.inexact')}</p>}
    </>
  );
}

function Line({ line: { level, text } }: { readonly line: TrialLine }) {
  return (
    <li>
      <span class={`mm-log-level mm-log-${level}`}>
        <i class={`fa ${ICON[level]}`} aria-hidden="true" /> {t(`library.level.${level}`)}
      </span>
      <span class="mm-log-text">{text}</span>
    </li>
  );
}
