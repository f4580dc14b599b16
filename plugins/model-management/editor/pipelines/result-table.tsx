import { Age } from '../age';
import { t } from '../i18n';
import type { PipelineResultView } from './pipeline-client';

const CUT = 300;

function payloadText({ payload, truncated }: PipelineResultView): string {
  if (payload === null) return '–';
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return truncated || text.length > CUT ? `${text.slice(0, CUT)}…` : text;
}

/** The last messages that left it, or should have. */
export function ResultTable({ results }: { readonly results: readonly PipelineResultView[] }) {
  return (
    <section>
      <h3>{t('flow.results')}</h3>
      {results.length === 0 && <p class="mm-empty">{t('flow.noResults')}</p>}
      {results.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section class="mm-table-wrap mm-rows" tabIndex={0} aria-label={t('flow.results')}>
          <table class="mm-table">
            <thead>
              <tr>
                <th>{t('flow.column.received')}</th>
                <th>{t('flow.column.topic')}</th>
                <th>{t('flow.column.message')}</th>
                <th>{t('run.column.state')}</th>
              </tr>
            </thead>
            <tbody>
              {results.map((result) => (
                <tr key={`${result.runId} ${result.receivedAt} ${result.topic}`}>
                  <td>
                    <Age at={result.receivedAt} />
                  </td>
                  <td>{result.topic}</td>
                  <td>{payloadText(result)}</td>
                  <td>{t(`flow.result.${result.state}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
