import { useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { importFlow } from '../model/flow-import';
import { closeTray } from '../widgets/tray';
import type { ExportedRows } from './exported-rows';
import { type ClearbladeImport, translate } from './import-client';
import { ImportPreview, type ImportWish } from './import-preview';
import { sayNextSteps } from './next-steps';
import { RowsField } from './rows-field';

/** Takes rows, shows what they become, and puts the chosen pipelines into the editor. */
export function ImportForm() {
  const { state, start, reset } = useTask();
  const [text, setText] = useState('');
  const [preview, setPreview] = useState<{ readonly rows: ExportedRows; readonly answer: ClearbladeImport }>();
  const show = (rows: ExportedRows): void =>
    start(async (signal) => setPreview({ rows, answer: await translate(rows, signal) }));
  const put = ({ pipelines, brokerId }: ImportWish): void =>
    start(async (signal) => {
      const answer = await translate({ pipelines, ...(brokerId && { brokerId }) }, signal);
      // The platform refuses to import below an open tray.
      await closeTray();
      importFlow(answer.flows);
      sayNextSteps(answer);
    });
  if (state.status === 'busy') return <Busy text={t('import.busy')} onCancel={reset} />;
  return (
    <section class="mm-import" aria-label={t('import.title')}>
      {preview ? (
        <ImportPreview {...preview} onBack={() => setPreview(undefined)} onImport={put} />
      ) : (
        <RowsField text={text} onText={setText} onRows={show} />
      )}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
    </section>
  );
}
