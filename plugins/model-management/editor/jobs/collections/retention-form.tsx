import { useState } from 'preact/hooks';
import { ErrorBox } from '../../feedback';
import { FormGroup } from '../../form-group';
import { t } from '../../i18n';
import { useTask } from '../../live';
import { SteadyButton } from '../../steady-button';
import { NumberField } from '../../widgets/number-field';
import { updateCollection } from '../collection-client';
import type { CollectionView } from '../contract';

const DAY_MS = 86_400_000;

/** How many rows are kept, and for how long; nothing typed = all, for ever. */
export function RetentionForm({
  collection: { name, retention },
  onChanged,
}: {
  readonly collection: CollectionView;
  readonly onChanged: () => void;
}) {
  const [draft, setDraft] = useState(retention);
  const { state, start } = useTask();
  const isSame = draft.maxRows === retention.maxRows && draft.maxAgeMs === retention.maxAgeMs;
  const { maxRows: _rows, ...withoutRows } = draft;
  const { maxAgeMs: _age, ...withoutAge } = draft;
  const save = (): void => {
    if (isSame) return;
    start(async (signal) => {
      await updateCollection(name, draft, signal);
      onChanged();
    });
  };
  return (
    <FormGroup class="mm-form" label={t('collection.retention')} onSubmit={save}>
      <div class="mm-line">
        <NumberField
          label={t('collection.maxRows')}
          value={draft.maxRows}
          unit={t('collection.rowsUnit')}
          min={1}
          isWhole
          onChange={(maxRows) => setDraft(maxRows === undefined ? withoutRows : { ...draft, maxRows })}
        />
        <NumberField
          label={t('collection.maxAge')}
          value={draft.maxAgeMs === undefined ? undefined : draft.maxAgeMs / DAY_MS}
          unit={t('collection.daysUnit')}
          min={0.001}
          onChange={(days) =>
            setDraft(days === undefined ? withoutAge : { ...draft, maxAgeMs: Math.round(days * DAY_MS) })
          }
        />
        <SteadyButton off={isSame || state.status === 'busy'} onClick={save}>
          {t('collection.keep')}
        </SteadyButton>
      </div>
      {!isSame && <p class="mm-hint">{t('collection.retentionHint')}</p>}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
    </FormGroup>
  );
}
