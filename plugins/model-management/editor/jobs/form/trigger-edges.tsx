import { useState } from 'preact/hooks';
import { isSameEdge } from '../../../../../lib/edges/protocol/names';
import type { EdgeView } from '../../edges/edge-client';
import { EdgePicker, withOrWithout } from '../../edges/edge-picker';
import { t, tList } from '../../i18n';

/** Edges whose `retrain-trigger` may start the job, besides the one that it trains on; nothing where there are none. */
export function TriggerEdges({
  value,
  edges,
  trainingEdge,
  onChange,
}: {
  readonly value: readonly string[];
  readonly edges: readonly EdgeView[];
  readonly trainingEdge: string;
  readonly onChange: (names: readonly string[]) => void;
}) {
  // What there was to see stays in sight while somebody works in it.
  const [first] = useState(value);
  const isPicked = (name: string): boolean => value.some((one) => isSameEdge(one, name));
  const gone = first.filter((one) => !edges.some(({ name }) => isSameEdge(one, name)));
  const choices = [
    ...edges.filter(({ name }) => !isSameEdge(name, trainingEdge)),
    ...gone.map((name) => ({ name, labels: [] })),
  ];
  if (choices.length === 0) return null;
  const pick = (name: string, isNow: boolean): void =>
    onChange(
      withOrWithout(
        value.filter((one) => !isSameEdge(one, name)),
        name,
        isNow,
      ),
    );
  return (
    <details class="mm-more" open={first.length > 0}>
      <summary>
        {t('job.form.triggerEdges')}
        {value.length > 0 && `: ${tList(value)}`}
      </summary>
      <p class="mm-hint">{t('job.form.triggerEdgesHint')}</p>
      <EdgePicker edges={choices} isPicked={isPicked} onPick={pick} />
    </details>
  );
}
