import { LOCAL_EDGE } from '../../../../../lib/names';
import { placeWithLabel } from '../../../../../lib/training/training-place';
import { type EdgeView, fetchEdges } from '../../edges/edge-client';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { ChoiceField } from '../../widgets/choice-field';
import { placeWords } from '../place-words';
import type { JobDraft } from './job-draft';
import { TriggerEdges } from './trigger-edges';

/** Where the job trains, and which edges may start it besides. */
export function EdgeFields({
  draft: { trainingEdge, triggerEdges },
  onChange,
}: {
  readonly draft: JobDraft;
  readonly onChange: (more: Partial<JobDraft>) => void;
}) {
  const edges = useResource(fetchEdges, []);
  const others = edges.data?.filter(({ name }) => name !== LOCAL_EDGE) ?? [];
  return (
    <>
      <EdgeField value={trainingEdge} edges={others} onChange={(edge) => onChange({ trainingEdge: edge })} />
      {edges.data && (
        <TriggerEdges
          value={triggerEdges}
          edges={others}
          trainingEdge={trainingEdge}
          onChange={(names) => onChange({ triggerEdges: names })}
        />
      )}
    </>
  );
}

/** This Node-RED, one of its edges, or any of those with a label. */
function EdgeField({
  value,
  edges,
  onChange,
}: {
  readonly value: string;
  readonly edges: readonly EdgeView[];
  readonly onChange: (edge: string) => void;
}) {
  const labels = [...new Set(edges.flatMap((edge) => edge.labels))].sort();
  const isKnown =
    value === LOCAL_EDGE ||
    edges.some(({ name }) => name === value) ||
    labels.some((label) => placeWithLabel(label) === value);
  const options = [
    { value: LOCAL_EDGE, text: t('job.form.local') },
    ...edges.map(({ name, state }) => ({
      value: name,
      text: t('job.form.edgeChoice', { name, state: t(`edge.look.${state}`) }),
    })),
    ...labels.map((label) => ({ value: placeWithLabel(label), text: t('job.form.edgeLabel', { label }) })),
    ...(isKnown ? [] : [{ value, text: placeWords(value) }]),
  ];
  return (
    <>
      <ChoiceField label={t('job.form.edge')} value={value} options={options} onChange={onChange} />
      {value !== LOCAL_EDGE && <p class="mm-hint">{t('job.form.edgeHint')}</p>}
    </>
  );
}
