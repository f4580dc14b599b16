import { useState } from 'preact/hooks';
import { LineChart } from '../chart/line-chart';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { movedCursor } from '../model/metric-series';
import type { RunView } from './contract';
import { metricNamesOf } from './run-table';

const MAX_POINTS = 60;
const DURATION = 'duration';

/** A metric, or the duration, over the runs that succeeded; nothing while there are fewer than two. */
export function RunChart({
  runs,
  onShow,
}: {
  readonly runs: readonly RunView[];
  readonly onShow: (id: string) => void;
}) {
  const [chosen, setChosen] = useState<string>();
  const done = runs
    .filter(({ state }) => state === 'succeeded')
    .slice(0, MAX_POINTS)
    .reverse();
  const names = [...metricNamesOf(done), DURATION];
  const metric = chosen !== undefined && names.includes(chosen) ? chosen : (names[0] ?? DURATION);
  if (done.length < 2) return null;
  const word = (name: string): string => (name === DURATION ? t('run.duration') : name);
  return (
    <section class="mm-chart">
      <header class="mm-section-head">
        <h3>{t('run.chart', { metric: word(metric) })}</h3>
        <select
          aria-label={t('chart.metric')}
          value={metric}
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {names.map((name) => (
            <option key={name} value={name}>
              {word(name)}
            </option>
          ))}
        </select>
      </header>
      <Plot key={metric} runs={done} metric={metric} word={word(metric)} onShow={onShow} />
    </section>
  );
}

const pointValue = (run: RunView, metric: string): number | null =>
  metric === DURATION ? (run.durationMs ?? 0) / 1_000 : (run.metrics?.[metric] ?? null);

/** The drawing, and in words what it tells: the arrow keys go from run to run. */
function Plot({
  runs,
  metric,
  word,
  onShow,
}: {
  readonly runs: readonly RunView[];
  readonly metric: string;
  readonly word: string;
  readonly onShow: (id: string) => void;
}) {
  const [cursor, setCursor] = useState<number>();
  const format = (value: number): string => formatNumber(value, RED.i18n.lang());
  const textOf = (run: RunView | undefined): string => {
    if (!run) return '';
    const value = pointValue(run, metric);
    return t('run.point', { number: run.number, metric: word, value: value === null ? '–' : format(value) });
  };
  const at = cursor === undefined ? undefined : runs[Math.min(cursor, runs.length - 1)];
  const text = at ? textOf(at) : `${textOf(runs[0])} → ${textOf(runs.at(-1))}`;
  const show = (): void => at && onShow(at.id);
  return (
    <>
      <div
        class="mm-chart-frame"
        role="slider"
        tabIndex={0}
        aria-label={t('run.chart', { metric: word })}
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={runs.length}
        aria-valuenow={(cursor ?? runs.length - 1) + 1}
        aria-valuetext={text}
        title={t('run.chartKeys')}
        onClick={show}
        onKeyDown={(event) => {
          if (event.key === 'Enter') return show();
          const next = movedCursor(event.key, cursor, runs.length);
          if (next === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          setCursor(next);
        }}
      >
        <LineChart
          points={runs.map((run) => ({ label: String(run.number), value: pointValue(run, metric) }))}
          cursor={cursor}
          format={format}
          onPoint={setCursor}
        />
      </div>
      <p class="mm-sub mm-readout">{text}</p>
    </>
  );
}
