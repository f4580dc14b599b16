import { MAX_WAVES } from '../../../../lib/edges/hub/rollout/waves';
import { t } from '../i18n';
import { NumberField } from '../widgets/number-field';
import { type Amount, type RolloutDraft, type Unit, type WaveDraft, waveCounts } from './rollout-draft';

const UNITS: readonly Unit[] = ['count', 'percent'];

type OnChange = (part: Partial<RolloutDraft>) => void;

/** The waves before the last one, which is whoever is left; and how long each is watched. */
export function WaveFields({
  draft,
  edgeCount,
  onChange,
}: {
  readonly draft: RolloutDraft;
  readonly edgeCount: number;
  readonly onChange: OnChange;
}) {
  const { waves, soakMinutes } = draft;
  const counts = waveCounts(draft, edgeCount);
  const rest = counts.length > waves.length ? (counts.at(-1) ?? 0) : 0;
  const nextId = Math.max(-1, ...waves.map(({ id }) => id)) + 1;
  return (
    <>
      <ol class="mm-wave-fields" aria-label={t('rollout.waves')}>
        {waves.map((wave, index) => (
          <WaveField
            key={wave.id}
            number={index + 1}
            wave={wave}
            onChange={(changed) => onChange({ waves: waves.map((one) => (one.id === wave.id ? changed : one)) })}
            onRemove={() => onChange({ waves: waves.filter(({ id }) => id !== wave.id) })}
          />
        ))}
        <li class="mm-line">
          <span>{t('rollout.wave', { number: waves.length + 1 })}</span>
          <span>{edgeCount === 0 ? t('rollout.form.theRest') : t('rollout.form.rest', { count: rest })}</span>
          {waves.length < MAX_WAVES && (
            <button
              type="button"
              class="red-ui-button red-ui-button-small"
              onClick={() => onChange({ waves: [...waves, { id: nextId, size: 10, unit: 'percent' }] })}
            >
              <i class="fa fa-plus" aria-hidden="true" /> {t('rollout.form.addWave')}
            </button>
          )}
        </li>
      </ol>
      {waves.length > 0 && (
        <NumberField
          label={t('rollout.form.soak')}
          value={soakMinutes}
          unit="min"
          min={0}
          isNeeded
          onChange={(minutes) => minutes !== undefined && onChange({ soakMinutes: minutes })}
        />
      )}
    </>
  );
}

function WaveField({
  number,
  wave,
  onChange,
  onRemove,
}: {
  readonly number: number;
  readonly wave: WaveDraft;
  readonly onChange: (wave: WaveDraft) => void;
  readonly onRemove: () => void;
}) {
  return (
    <li class="mm-line">
      <AmountField
        label={t('rollout.wave', { number })}
        amount={wave}
        min={1}
        unitLabel={t('rollout.form.unitOf', { number })}
        unitText={(unit) => t(`rollout.form.unit.${unit}`)}
        onChange={(amount) => onChange({ ...wave, ...amount })}
      />
      <button
        type="button"
        class="mm-chip-button"
        aria-label={t('rollout.form.removeWave', { number })}
        title={t('rollout.form.removeWave', { number })}
        onClick={onRemove}
      >
        <i class="fa fa-times" aria-hidden="true" />
      </button>
    </li>
  );
}

/** What ends it early. */
export function StopFields({ draft, onChange }: { readonly draft: RolloutDraft; readonly onChange: OnChange }) {
  return (
    <div class="mm-line">
      <AmountField
        label={t('rollout.form.stop')}
        amount={draft.stop}
        min={0}
        unitLabel={t('rollout.form.stopUnit.label')}
        unitText={(unit) => t(`rollout.form.stopUnit.${unit}`)}
        onChange={(stop) => onChange({ stop })}
      />
    </div>
  );
}

function AmountField({
  label,
  amount,
  min,
  unitLabel,
  unitText,
  onChange,
}: {
  readonly label: string;
  readonly amount: Amount;
  readonly min: number;
  readonly unitLabel: string;
  readonly unitText: (unit: Unit) => string;
  readonly onChange: (amount: Amount) => void;
}) {
  const { size, unit } = amount;
  return (
    <>
      {/* Another unit has other limits: what was typed is looked at anew. */}
      <NumberField
        key={unit}
        label={label}
        value={size}
        min={min}
        max={unit === 'percent' ? 100 : Number.POSITIVE_INFINITY}
        isWhole={unit === 'count'}
        isNeeded
        onChange={(typed) => typed !== undefined && onChange({ size: typed, unit })}
      />
      <select
        value={unit}
        aria-label={unitLabel}
        onChange={({ currentTarget: { value } }) =>
          onChange({ size, unit: UNITS.find((one) => one === value) ?? unit })
        }
      >
        {UNITS.map((one) => (
          <option key={one} value={one}>
            {unitText(one)}
          </option>
        ))}
      </select>
    </>
  );
}
