import { LOCAL_EDGE } from '../../../../../lib/names';
import { placeWithLabel } from '../../../../../lib/training/training-place';
import { fetchEdges } from '../../edges/edge-client';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { ChoiceField } from '../../widgets/choice-field';
import { placeWords } from '../place-words';

/** Where the job trains: this Node-RED, one of its edges, or any of those with a label. */
export function EdgeField({ value, onChange }: { readonly value: string; readonly onChange: (edge: string) => void }) {
  const edges = useResource(fetchEdges, []);
  const known = edges.data?.filter(({ name }) => name !== LOCAL_EDGE) ?? [];
  const labels = [...new Set(known.flatMap((edge) => edge.labels))].sort();
  const isKnown =
    value === LOCAL_EDGE ||
    known.some(({ name }) => name === value) ||
    labels.some((label) => placeWithLabel(label) === value);
  const options = [
    { value: LOCAL_EDGE, text: t('job.form.local') },
    ...known.map(({ name, state }) => ({
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
