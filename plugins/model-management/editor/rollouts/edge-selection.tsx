import type { EdgeView } from '../edges/edge-client';
import { EdgePicker, withOrWithout } from '../edges/edge-picker';
import { t } from '../i18n';
import { ChoiceField } from '../widgets/choice-field';
import { labelsOf, type RolloutDraft, selectedEdges } from './rollout-draft';

/** Which edges take part: those with all of some labels, or by name. */
export function EdgeSelection({
  draft,
  edges,
  onChange,
}: {
  readonly draft: RolloutDraft;
  readonly edges: readonly EdgeView[];
  readonly onChange: (part: Partial<RolloutDraft>) => void;
}) {
  const { by, names } = draft;
  const labels = labelsOf(edges);
  const selected = selectedEdges(draft, edges);
  const online = selected.filter(({ state }) => state === 'online').length;
  return (
    <>
      {labels.length > 0 && (
        <ChoiceField
          label={t('rollout.form.to')}
          value={by}
          options={[
            { value: 'labels', text: t('rollout.form.byLabels') },
            { value: 'names', text: t('rollout.form.byNames') },
          ]}
          onChange={(value) => onChange({ by: value })}
        />
      )}
      {by === 'labels' ? (
        <Labels labels={labels} chosen={draft.labels} onChange={(chosen) => onChange({ labels: chosen })} />
      ) : (
        <EdgePicker
          edges={edges}
          isPicked={(name) => names.includes(name)}
          onPick={(name, isPicked) => onChange({ names: withOrWithout(names, name, isPicked) })}
        />
      )}
      <p class="mm-hint" role="status">
        {t('rollout.form.selected', { count: selected.length, online })}
      </p>
    </>
  );
}

function Labels({
  labels,
  chosen,
  onChange,
}: {
  readonly labels: ReturnType<typeof labelsOf>;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
    <div role="group" class="mm-checks" aria-label={t('edge.labels')}>
      {labels.map(({ label, count }) => (
        <label key={label} class="mm-check">
          <input
            type="checkbox"
            checked={chosen.includes(label)}
            onChange={({ currentTarget: { checked } }) => onChange(withOrWithout(chosen, label, checked))}
          />{' '}
          {label} <span class="mm-sub">({count})</span>
        </label>
      ))}
    </div>
  );
}
