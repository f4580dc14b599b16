import { useState } from 'preact/hooks';
import { LineChart } from '../chart/line-chart';
import type { Model } from '../contract';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { shownMetric } from '../models/model-state';
import { type MetricPoint, metricNames, metricSeries, movedCursor } from './metric-series';

/** A metric over the versions, the deployed one marked; nothing for a model without metrics. */
export function MetricChart({
  model,
  onShow,
}: {
  readonly model: Model;
  /** Shows a version in full. */
  readonly onShow: (version: number) => void;
}) {
  const [chosen, setChosen] = useState<string>();
  const names = metricNames(model.versions);
  const [first] = names;
  if (first === undefined) return null;
  const metric = chosen !== undefined && names.includes(chosen) ? chosen : (shownMetric(model)?.name ?? first);
  return (
    <section class="mm-chart">
      <header class="mm-section-head">
        <h3>{t('chart.title', { metric })}</h3>
        {names.length > 1 && (
          <select
            aria-label={t('chart.metric')}
            title={t('chart.metric')}
            value={metric}
            onChange={(event) => setChosen(event.currentTarget.value)}
          >
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </header>
      <Plot key={metric} model={model} metric={metric} onShow={onShow} />
    </section>
  );
}

/** The drawing, and beside it all that it tells in words: the arrow keys go from version to version. */
function Plot({
  model,
  metric,
  onShow,
}: {
  readonly model: Model;
  readonly metric: string;
  readonly onShow: (version: number) => void;
}) {
  const [cursor, setCursor] = useState<number>();
  const series = metricSeries(model.versions, metric);
  const { deployed } = model.aliases;
  const points = series.map(({ version, value }) => ({
    label: t('version.short', { version }),
    value,
    ...(version === deployed && { mark: t('chart.deployed') }),
  }));
  const at = cursor === undefined ? undefined : series[Math.min(cursor, series.length - 1)];
  const text = at ? pointText(at, metric, deployed) : seriesText(series, metric, deployed);
  const show = (): void => at && onShow(at.version);
  return (
    <>
      <div
        class="mm-chart-frame"
        role="slider"
        tabIndex={0}
        aria-label={t('chart.title', { metric })}
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={series.length}
        aria-valuenow={(cursor ?? series.length - 1) + 1}
        aria-valuetext={text}
        title={t('chart.keys')}
        onClick={show}
        onKeyDown={(event) => {
          if (event.key === 'Enter') return show();
          const next = movedCursor(event.key, cursor, series.length);
          if (next === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          setCursor(next);
        }}
      >
        <LineChart points={points} cursor={cursor} format={numberText} onPoint={setCursor} />
      </div>
      <p class="mm-sub mm-readout">{text}</p>
    </>
  );
}

const numberText = (value: number): string => formatNumber(value, RED.i18n.lang());

/** "v3 · accuracy 0.97 · deployed" */
function pointText({ version, value }: MetricPoint, metric: string, deployed: number | undefined): string {
  const what = value === null ? t('chart.noValue', { metric }) : `${metric} ${numberText(value)}`;
  const isDeployed = version === deployed ? [t('chart.deployed')] : [];
  return [t('version.short', { version }), what, ...isDeployed].join(' · ');
}

/** From the oldest value to the newest, and what is deployed. */
function seriesText(series: readonly MetricPoint[], metric: string, deployed: number | undefined): string {
  const known = series.filter(({ value }) => value !== null);
  const [first, last] = [known[0], known.at(-1)];
  const inService = series.find(({ version }) => version === deployed);
  const ends = [...new Set([first, last])].flatMap((point) => (point ? [pointText(point, metric, deployed)] : []));
  const isNamed = inService === first || inService === last;
  return [ends.join(' → '), ...(inService && !isNamed ? [pointText(inService, metric, deployed)] : [])].join('; ');
}
