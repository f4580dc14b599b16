import { LOCAL_EDGE } from '../../../../../lib/names';
import { fetchEdges } from '../../edges/edge-client';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { ChoiceField } from '../../widgets/choice-field';

/** Where the job trains: this Node-RED, or one of its edges. */
export function EdgeField({ value, onChange }: { readonly value: string; readonly onChange: (edge: string) => void }) {
  const edges = useResource(fetchEdges, []);
  const known = edges.data?.filter(({ name }) => name !== LOCAL_EDGE) ?? [];
  const isKnown = value === LOCAL_EDGE || known.some(({ name }) => name === value);
  const options = [
    { value: LOCAL_EDGE, text: t('job.form.local') },
    ...known.map(({ name, state }) => ({
      value: name,
      text: t('job.form.edgeChoice', { name, state: t(`edge.look.${state}`) }),
    })),
    ...(isKnown ? [] : [{ value, text: value }]),
  ];
  return (
    <>
      <ChoiceField label={t('job.form.edge')} value={value} options={options} onChange={onChange} />
      {value !== LOCAL_EDGE && <p class="mm-hint">{t('job.form.edgeHint')}</p>}
    </>
  );
}
