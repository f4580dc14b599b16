import { useId } from 'preact/hooks';
import { t } from '../../i18n';
import { ChoiceField } from '../../widgets/choice-field';
import { NumberField } from '../../widgets/number-field';
import { EnvFields } from './env-fields';
import type { JobDraft } from './job-draft';

const MEBIBYTE = 1_048_576;
const MINUTE_MS = 60_000;
const OVERLAPS = ['skip', 'queueOne', 'cancelOther'] as const;
const EMPTY = ['skip', 'fail', 'run'] as const;
const BASES = ['lastRun', 'deployed', 'latest'] as const;

type OnChange = (more: Partial<JobDraft>) => void;

/** What most jobs leave as it is, folded away. */
export function LimitFields({ draft, onChange }: { readonly draft: JobDraft; readonly onChange: OnChange }) {
  return (
    <details class="mm-more">
      <summary>{t('job.form.more')}</summary>
      <div class="mm-form">
        <BaseVersionField draft={draft} onChange={onChange} />
        <Limits draft={draft} onChange={onChange} />
        <Repeats draft={draft} onChange={onChange} />
        <ChoiceField
          label={t('job.form.overlap')}
          value={draft.overlap}
          options={OVERLAPS.map((value) => ({ value, text: t(`job.overlap.${value}`) }))}
          onChange={(value) => onChange({ overlap: OVERLAPS.find((one) => one === value) ?? 'skip' })}
        />
        <ChoiceField
          label={t('job.form.emptyData')}
          value={draft.emptyData}
          options={EMPTY.map((value) => ({ value, text: t(`job.empty.${value}`) }))}
          onChange={(value) => onChange({ emptyData: EMPTY.find((one) => one === value) ?? 'skip' })}
        />
        <ChoiceField
          label={t('job.form.network')}
          value={draft.network}
          options={[
            { value: 'none', text: t('job.network.none') },
            { value: 'bridge', text: t('job.network.bridge') },
          ]}
          onChange={(value) => onChange({ network: value === 'bridge' ? 'bridge' : 'none' })}
        />
        {draft.runner === 'docker' && (
          <label class="mm-check">
            <input
              type="checkbox"
              checked={draft.gpus}
              onChange={(event) => onChange({ gpus: event.currentTarget.checked })}
            />
            <span>{t('job.form.gpus')}</span>
          </label>
        )}
        <EnvFields draft={draft} onChange={onChange} />
      </div>
    </details>
  );
}

/** Whose weights and data a run goes on from: a word that is offered, another alias, or a number. */
function BaseVersionField({ draft, onChange }: { readonly draft: JobDraft; readonly onChange: OnChange }) {
  const id = useId();
  return (
    <>
      <label for={id}>
        <span>{t('job.form.baseVersion')}</span>
        <input
          id={id}
          type="text"
          list={`${id}-list`}
          value={draft.baseVersion}
          spellcheck={false}
          onInput={(event) => onChange({ baseVersion: event.currentTarget.value })}
        />
        <datalist id={`${id}-list`}>
          {BASES.map((name) => (
            <option key={name} value={name}>
              {t(`job.baseVersion.${name}`)}
            </option>
          ))}
        </datalist>
      </label>
      <p class="mm-hint">{t('job.form.baseVersionHint')}</p>
    </>
  );
}

/** What happens after a failure, and after Node-RED was away. */
function Repeats({ draft, onChange }: { readonly draft: JobDraft; readonly onChange: OnChange }) {
  const { retries, catchUpMs, pauseAfterFailures } = draft;
  const retry = (more: Partial<JobDraft['retries']>): void => onChange({ retries: { ...retries, ...more } });
  return (
    <div class="mm-line">
      <NumberField
        label={t('job.form.retries')}
        value={retries.max}
        min={0}
        isWhole
        isNeeded
        onChange={(max) => max !== undefined && retry({ max })}
      />
      <NumberField
        label={t('job.form.backoff')}
        value={retries.backoffMs / MINUTE_MS}
        unit="min"
        min={1 / 60}
        isNeeded
        onChange={(value) => value !== undefined && retry({ backoffMs: Math.round(value * MINUTE_MS) })}
      />
      <NumberField
        label={t('job.form.catchUp')}
        value={catchUpMs / MINUTE_MS}
        unit="min"
        min={0}
        isNeeded
        onChange={(value) => value !== undefined && onChange({ catchUpMs: Math.round(value * MINUTE_MS) })}
      />
      <NumberField
        label={t('job.form.pauseAfter')}
        value={pauseAfterFailures}
        min={0}
        isWhole
        isNeeded
        onChange={(value) => value !== undefined && onChange({ pauseAfterFailures: value })}
      />
    </div>
  );
}

function Limits({ draft, onChange }: { readonly draft: JobDraft; readonly onChange: OnChange }) {
  const { limits } = draft;
  const change = (more: Partial<JobDraft['limits']>): void => onChange({ limits: { ...limits, ...more } });
  return (
    <div class="mm-line">
      <NumberField
        label={t('job.form.memory')}
        value={limits.memoryBytes / MEBIBYTE}
        unit="MiB"
        min={16}
        isNeeded
        onChange={(value) => value !== undefined && change({ memoryBytes: Math.round(value * MEBIBYTE) })}
      />
      <NumberField
        label={t('job.form.cpus')}
        value={limits.cpus}
        min={0.01}
        isNeeded
        onChange={(value) => value !== undefined && change({ cpus: value })}
      />
      <NumberField
        label={t('job.form.time')}
        value={limits.timeoutMs / MINUTE_MS}
        unit="min"
        min={1 / 60}
        isNeeded
        onChange={(value) => value !== undefined && change({ timeoutMs: Math.round(value * MINUTE_MS) })}
      />
      <NumberField
        label={t('job.form.output')}
        value={limits.outputBytes / MEBIBYTE}
        unit="MiB"
        min={0.001}
        isNeeded
        onChange={(value) => value !== undefined && change({ outputBytes: Math.round(value * MEBIBYTE) })}
      />
      <NumberField
        label={t('job.form.pids')}
        value={limits.pids}
        min={8}
        isWhole
        isNeeded
        onChange={(value) => value !== undefined && change({ pids: value })}
      />
    </div>
  );
}
