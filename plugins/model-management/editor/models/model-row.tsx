import type { Health, Model } from '../contract';
import { formatNumber } from '../format';
import { t, tCount } from '../i18n';
import { tagTexts } from '../tags';
import { type ModelState, modelState, type ShownMetric, shownMetric } from './model-state';
import { StateDot } from './state-dot';
import { TrendSign } from './trend-sign';

export function ModelRow({
  model,
  health,
  onOpen,
}: {
  readonly model: Model;
  readonly health: Health | undefined;
  readonly onOpen: (name: string) => void;
}) {
  const state = modelState(model, health);
  const metric = shownMetric(model);
  const { deployed } = model.aliases;
  return (
    <li>
      <button type="button" class="mm-row" onClick={() => onOpen(model.name)}>
        <StateDot state={state} />
        <span class="mm-row-name">{model.name}</span>
        <span class="mm-row-version">{deployed ? t('version.short', { version: deployed }) : t('version.none')}</span>
        <span class="mm-row-metric">{metric ? <Metric metric={metric} /> : t('metric.none')}</span>
        <span class="mm-row-usage">
          {secondLine(model, state)}
          {tagTexts(model.tags).map((text) => (
            <span class="mm-tag" key={text}>
              {text}
            </span>
          ))}
        </span>
      </button>
    </li>
  );
}

function Metric({ metric: { name, value, trend } }: { readonly metric: ShownMetric }) {
  const title = trend ? `${name}: ${t(`metric.${trend}`)}` : name;
  return (
    <span title={title}>
      {formatNumber(value, RED.i18n.lang())}
      {trend && <TrendSign trend={trend} />}
    </span>
  );
}

/** The word of the state when it asks for attention, then who uses the model. */
function secondLine(model: Model, state: ModelState): string {
  const parts = state === 'running' || state === 'idle' ? [] : [t(`state.${state}`)];
  const nodeCount = model.usedBy.filter(({ kind }) => kind === 'node').length;
  if (model.edges.length > 0) parts.push(tCount('usage.edges', model.edges.length));
  if (nodeCount > 0) parts.push(tCount('usage.nodes', nodeCount));
  if (nodeCount === 0 && model.edges.length === 0) parts.push(t('usage.none'));
  return parts.join(' · ');
}
