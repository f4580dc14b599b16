import { isMetricName } from '../../../../../lib/registry/metric-name';
import { t } from '../../i18n';
import { ChoiceField } from '../../widgets/choice-field';
import { NumberField } from '../../widgets/number-field';
import type { JobDraft, MetricDraft } from './job-draft';

/** The numbers a script writes, and whether they deploy the new version. */
export function MetricFields({
  draft,
  onChange,
}: {
  readonly draft: JobDraft;
  readonly onChange: (more: Partial<JobDraft>) => void;
}) {
  const { metrics } = draft;
  const replace = (key: number, more: MetricDraft): void =>
    onChange({ metrics: metrics.map((metric) => (metric.key === key ? more : metric)) });
  const add = (): void =>
    onChange({
      metrics: [...metrics, { key: draft.nextKey, name: '', direction: 'maximize' }],
      nextKey: draft.nextKey + 1,
    });
  return (
    <section class="mm-form">
      <h3>{t('job.form.metrics')}</h3>
      {metrics.map((metric) => (
        <MetricField
          key={metric.key}
          metric={metric}
          onChange={(more) => replace(metric.key, more)}
          onRemove={() => onChange({ metrics: metrics.filter(({ key }) => key !== metric.key) })}
        />
      ))}
      <div class="mm-buttons">
        <button type="button" class="red-ui-button red-ui-button-small" onClick={add}>
          <i class="fa fa-plus" aria-hidden="true" /> {t('job.form.addMetric')}
        </button>
      </div>
      <PromotionFields draft={draft} onChange={onChange} />
    </section>
  );
}

function MetricField({
  metric,
  onChange,
  onRemove,
}: {
  readonly metric: MetricDraft;
  readonly onChange: (metric: MetricDraft) => void;
  readonly onRemove: () => void;
}) {
  const { min: _min, ...withoutMin } = metric;
  const { max: _max, ...withoutMax } = metric;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
    <div class="mm-line" role="group" aria-label={t('job.form.metric', { name: metric.name })}>
      <input
        type="text"
        value={metric.name}
        placeholder={t('job.form.metricName')}
        aria-label={t('job.form.metricName')}
        aria-invalid={metric.name !== '' && !isMetricName(metric.name)}
        spellcheck={false}
        onInput={(event) => onChange({ ...metric, name: event.currentTarget.value })}
      />
      <select
        aria-label={t('job.form.direction')}
        value={metric.direction}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...metric, direction: value === 'minimize' ? 'minimize' : 'maximize' })
        }
      >
        <option value="maximize">{t('job.form.maximize')}</option>
        <option value="minimize">{t('job.form.minimize')}</option>
      </select>
      <NumberField
        label={t('job.form.min')}
        value={metric.min}
        onChange={(min) => onChange(min === undefined ? withoutMin : { ...metric, min })}
      />
      <NumberField
        label={t('job.form.max')}
        value={metric.max}
        onChange={(max) => onChange(max === undefined ? withoutMax : { ...metric, max })}
      />
      <button
        type="button"
        class="red-ui-button red-ui-button-small"
        aria-label={t('job.file.remove', { name: metric.name })}
        title={t('job.file.remove', { name: metric.name })}
        onClick={onRemove}
      >
        <i class="fa fa-trash-o" aria-hidden="true" />
      </button>
    </div>
  );
}

const MODES = ['manual', 'always', 'better'] as const;

function PromotionFields({
  draft,
  onChange,
}: {
  readonly draft: JobDraft;
  readonly onChange: (more: Partial<JobDraft>) => void;
}) {
  const { promotion, metrics } = draft;
  const names = metrics.map(({ name }) => name).filter(Boolean);
  const change = (more: Partial<JobDraft['promotion']>): void => onChange({ promotion: { ...promotion, ...more } });
  return (
    <>
      <ChoiceField
        label={t('job.form.promotion')}
        value={promotion.mode}
        options={MODES.map((mode) => ({ value: mode, text: t(`job.promotion.${mode}`) }))}
        onChange={(mode) => change({ mode })}
      />
      {promotion.mode === 'better' && (
        <div class="mm-line">
          <ChoiceField
            label={t('job.form.betterBy')}
            value={promotion.metric ?? names[0] ?? ''}
            options={names.map((name) => ({ value: name, text: name }))}
            onChange={(metric) => change({ metric })}
          />
          <NumberField
            label={t('job.form.minImprovement')}
            value={promotion.minImprovement}
            onChange={(minImprovement) => change({ minImprovement: minImprovement ?? 0 })}
          />
        </div>
      )}
    </>
  );
}
