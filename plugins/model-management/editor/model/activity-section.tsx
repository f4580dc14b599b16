import { useState } from 'preact/hooks';
import type { EngineStats } from '../../../../lib/inference/engine';
import type { Activity, Model } from '../contract';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useKept, usePolling, useResource } from '../live';
import { fetchActivity } from '../registry-client';
import { SmallChart } from './activity-chart';
import { activityCharts, activityPoints, hasActivity } from './activity-series';

const RANGES = [5, 60, 180] as const;
const FINE_INTERVAL_MS = 2_000;
const COARSE_INTERVAL_MS = 15_000;

/** What each version did lately, as small charts; nothing while none was loaded. */
export function ActivitySection({
  model,
  engine,
}: {
  readonly model: Model;
  readonly engine: EngineStats | undefined;
}) {
  const [minutes, setMinutes] = useState<number>(RANGES[0]);
  const [chosen, setChosen] = useState<number>();
  const activity = useResource((signal) => fetchActivity(model.name, minutes, signal), [model.name, minutes]);
  usePolling(activity.poll, minutes === RANGES[0] ? FINE_INTERVAL_MS : COARSE_INTERVAL_MS);
  // Another range is drawn in place of the one that is in sight.
  const data = useKept(activity.data && { ...activity.data, minutes });
  if (!data) return activity.error ? <ErrorBox error={activity.error} onRetry={activity.reload} /> : null;
  const numbers = data.versions.map(({ version }) => version);
  const version = [chosen, model.aliases.deployed, numbers[0]].find(
    (one) => one !== undefined && numbers.includes(one),
  );
  if (version === undefined) return null;
  return (
    <section class="mm-activity">
      <header class="mm-section-head">
        <h3>{t('activity.title', { version })}</h3>
        <span>
          {numbers.length > 1 && (
            <Choice
              name={t('activity.version')}
              value={version}
              options={numbers.map((one) => [one, t('version.short', { version: one })])}
              onChoose={setChosen}
            />
          )}{' '}
          <Choice
            name={t('activity.range')}
            value={minutes}
            options={RANGES.map((one) => [one, t(`activity.last.${one}`)])}
            onChoose={setMinutes}
          />
        </span>
      </header>
      {activity.error && <ErrorBox error={activity.error} onRetry={activity.reload} />}
      <Charts activity={data} version={version} minutes={data.minutes} engine={engine} />
    </section>
  );
}

function Charts({
  activity: { versions, at, stepMs },
  version,
  minutes,
  engine,
}: {
  readonly activity: Activity;
  readonly version: number;
  readonly minutes: number;
  readonly engine: EngineStats | undefined;
}) {
  const own = versions.find((one) => one.version === version);
  if (!own) return null;
  const range = { atMs: Date.parse(at), minutes, stepMs };
  return (
    <>
      <p class="mm-sub">
        {own.loaded ? engine && runtimeText(engine) : t('activity.unloaded')}
        {!hasActivity(own.samples) && ` · ${t('activity.none')}`}
      </p>
      {hasActivity(own.samples) && (
        <div class="mm-small-charts">
          {activityCharts.map((chart) => (
            <SmallChart key={`${version} ${chart}`} chart={chart} points={activityPoints(chart, own.samples, range)} />
          ))}
        </div>
      )}
    </>
  );
}

/** "onnxruntime-node 1.30.0 (native)" */
function runtimeText({ kind, version }: EngineStats): string {
  return kind === 'none' ? t('activity.runtime.none') : t(`activity.runtime.${kind}`, { version: version ?? '' });
}

function Choice({
  name,
  value,
  options,
  onChoose,
}: {
  readonly name: string;
  readonly value: number;
  readonly options: readonly (readonly [number, string])[];
  readonly onChoose: (value: number) => void;
}) {
  return (
    <select
      aria-label={name}
      title={name}
      value={value}
      onChange={(event) => onChoose(Number(event.currentTarget.value))}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}
