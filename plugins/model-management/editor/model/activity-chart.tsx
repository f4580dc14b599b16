import { LineChart } from '../chart/line-chart';
import { formatBytes, formatNumber } from '../format';
import { t } from '../i18n';
import { type ActivityChart, type ActivityPoint, figuresOf } from './activity-series';

/** A small chart with its figures in words above it. */
export function SmallChart({
  chart,
  points,
}: {
  readonly chart: ActivityChart;
  readonly points: readonly ActivityPoint[];
}) {
  const language = RED.i18n.lang();
  const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const format = formatOf(chart);
  const drawn = points.map(({ atMs, value, second, restarts }) => ({
    label: clock.format(atMs),
    value,
    second,
    ...(chart === 'rate' && restarts > 0 && { mark: t('activity.restart') }),
  }));
  return (
    <figure class="mm-small-chart" data-chart={chart}>
      <figcaption>
        <strong>{t(`activity.chart.${chart}`)}</strong>
        <ChartWords chart={chart} points={points} />
      </figcaption>
      <LineChart points={drawn} cursor={undefined} format={format} isSmall={true} onPoint={ignore} />
    </figure>
  );
}

const ignore = (): void => undefined;

function ChartWords({ chart, points }: { readonly chart: ActivityChart; readonly points: readonly ActivityPoint[] }) {
  const format = formatOf(chart);
  const first = figuresOf(points.map(({ value }) => value));
  if (!first) return <div class="mm-sub">{t('activity.noValue')}</div>;
  if (chart === 'errors') {
    const restarts = points.reduce((sum, point) => sum + point.restarts, 0);
    return <div class="mm-sub">{t('activity.errors', { errors: format(first.sum), restarts: format(restarts) })}</div>;
  }
  if (chart === 'latency' || chart === 'batch') {
    const second = figuresOf(points.map((point) => point.second));
    return (
      <div class="mm-sub">
        <span class="mm-whole">
          <span class="mm-line-key" />
          {t(`activity.${chart}.first`, { value: format(first.last) })}
        </span>{' '}
        <span class="mm-whole">
          <span class="mm-line-key mm-dashed" />
          {t(`activity.${chart}.second`, { value: second ? format(second.last) : t('metric.none') })}
        </span>
      </div>
    );
  }
  return <div class="mm-sub">{t('activity.now', { value: format(first.last), highest: format(first.highest) })}</div>;
}

function formatOf(chart: ActivityChart): (value: number) => string {
  const language = RED.i18n.lang();
  if (chart === 'memory') return (bytes) => formatBytes(bytes, language);
  if (chart === 'latency') return (ms) => t('live.ms', { value: formatNumber(ms, language, 3) });
  return (value) => formatNumber(value, language, 3);
}
