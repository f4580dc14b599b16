import { useState } from 'preact/hooks';
import { t, tCount } from '../i18n';
import { BrokerField } from '../model/broker-field';
import { brokersOf } from '../model/flow-import';
import type { ExportedRows } from './exported-rows';
import type { ClearbladeImport } from './import-client';
import { JobCreation } from './job-creation';
import { PipelineChoice } from './pipeline-choice';
import { RequirementList } from './requirement-list';

export interface ImportWish {
  readonly pipelines: readonly unknown[];
  readonly brokerId?: string;
}

/** What the rows become: which pipelines to take, what they need, and what is left to do for the rest. */
export function ImportPreview({
  rows,
  answer,
  onBack,
  onImport,
}: {
  readonly rows: ExportedRows;
  readonly answer: ClearbladeImport;
  readonly onBack: () => void;
  readonly onImport: (wish: ImportWish) => void;
}) {
  const brokers = brokersOf();
  // Whoever has one broker means that one.
  const [brokerId, setBrokerId] = useState(brokers.length === 1 ? brokers[0]?.id : undefined);
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const chosen = rows.pipelines.filter((_, index) => !left.has(index));
  // Missing models and libraries have a list of their own.
  const others = answer.warnings.filter(({ code, pipeline }) => pipeline === undefined && !code.endsWith('_MISSING'));
  return (
    <>
      {rows.pipelines.length > 0 && (
        <PipelineChoice
          rows={rows.pipelines}
          warnings={answer.warnings}
          left={left}
          onToggle={(index) =>
            setLeft(new Set(left.has(index) ? [...left].filter((i) => i !== index) : [...left, index]))
          }
        />
      )}
      <RequirementList requires={answer.requires} />
      {others.length > 0 && (
        <section>
          <h3>{t('import.others')}</h3>
          <ul class="mm-notes">
            {others.map(({ message }, index) => (
              <li key={index}>{message}</li>
            ))}
          </ul>
        </section>
      )}
      <JobCreation jobs={answer.jobs} />
      <div class="mm-form">
        {rows.pipelines.length > 0 && <BrokerField brokers={brokers} value={brokerId} onChange={setBrokerId} />}
        <p class="mm-hint">{t(rows.pipelines.length > 0 ? 'import.hint' : 'import.nothing')}</p>
        <div class="mm-buttons">
          {rows.pipelines.length > 0 && (
            <button
              type="button"
              class="red-ui-button primary"
              disabled={chosen.length === 0}
              onClick={() => onImport({ pipelines: chosen, ...(brokerId && { brokerId }) })}
            >
              {tCount('import.put', chosen.length)}
            </button>
          )}
          <button type="button" class="red-ui-button" onClick={onBack}>
            {t('action.back')}
          </button>
        </div>
      </div>
    </>
  );
}
