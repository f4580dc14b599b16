import { useState } from 'preact/hooks';
import { CompareVersions } from '../compare/compare-versions';
import type { Model } from '../contract';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import { metricNames } from './metric-series';
import { type Asked, VersionQuestion } from './version-question';
import { VersionRow } from './version-row';

/** Metric columns shown; more would not fit beside the actions. */
const METRIC_COUNT = 3;

/** All versions, newest first, a page at a time; two of them can be ticked to be compared. */
export function VersionTable({
  model,
  shown,
  onShow,
  onRollOut,
  onChanged,
}: {
  readonly model: Model;
  /** The version that stands below in full. */
  readonly shown: number | null | undefined;
  readonly onShow: (version: number) => void;
  /** Sends a version to edges; absent where there are none. */
  readonly onRollOut?: (version: number) => void;
  readonly onChanged: () => void;
}) {
  const [asked, setAsked] = useState<{ readonly version: number; readonly what: Asked }>();
  const [ticked, setTicked] = useState<readonly number[]>([]);
  const page = usePage(model.versions);
  const metrics = metricNames(model.versions).slice(0, METRIC_COUNT);
  if (model.versions.length === 0) return <p class="mm-empty">{t('version.noneYet')}</p>;
  const picked = ticked.filter((one) => model.versions.some(({ version }) => version === one));
  const canCompare = model.versions.length > 1;
  const toggle = (version: number): void =>
    setTicked(picked.includes(version) ? picked.filter((one) => one !== version) : [...picked, version]);
  return (
    <>
      <div class="mm-table-wrap">
        <table class="mm-table mm-stack mm-versions" aria-label={t('version.table')}>
          <Head metrics={metrics} canCompare={canCompare} />
          <tbody>
            {page.shown.map((version) => (
              <VersionRow
                key={version.version}
                model={model}
                version={version}
                metrics={metrics}
                isShown={version.version === shown}
                onShow={onShow}
                onAsk={(what) => setAsked({ version: version.version, what })}
                {...(canCompare && { picked, onPick: toggle })}
              >
                {asked?.version === version.version && (
                  <VersionQuestion
                    model={model}
                    version={version.version}
                    what={asked.what}
                    {...(onRollOut && { onRollOut })}
                    onDone={onChanged}
                    onClose={() => setAsked(undefined)}
                  />
                )}
              </VersionRow>
            ))}
          </tbody>
        </table>
      </div>
      <PagerOfMany page={page} />
      {canCompare && <Comparison model={model.name} picked={picked} />}
    </>
  );
}

function Head({ metrics, canCompare }: { readonly metrics: readonly string[]; readonly canCompare: boolean }) {
  return (
    <thead>
      <tr>
        {canCompare && (
          <th scope="col" class="mm-pick">
            <span class="mm-unseen">{t('compare.pick')}</span>
          </th>
        )}
        <th scope="col" class="mm-number">
          {t('version.column.version')}
        </th>
        <th scope="col">{t('version.column.created')}</th>
        <th scope="col">{t('version.column.source')}</th>
        {metrics.map((metric) => (
          <th scope="col" class="mm-number" key={metric}>
            {metric}
          </th>
        ))}
        <th scope="col">{t('version.column.aliases')}</th>
        <th scope="col">{t('version.column.actions')}</th>
      </tr>
    </thead>
  );
}

/** The button for two ticked versions, then the comparison in its place. */
function Comparison({ model, picked }: { readonly model: string; readonly picked: readonly number[] }) {
  const [isOpen, setOpen] = useState(false);
  const [left, right] = [...picked].sort((a, b) => a - b);
  const isReady = left !== undefined && right !== undefined;
  if (isReady && isOpen) {
    return <CompareVersions model={model} left={left} right={right} onClose={() => setOpen(false)} />;
  }
  return (
    <div class="mm-buttons">
      <button type="button" class="red-ui-button" disabled={!isReady} onClick={() => setOpen(true)}>
        <i class="fa fa-columns" aria-hidden="true" />{' '}
        {isReady ? t('compare.two', { left, right }) : t('compare.button')}
      </button>
      {!isReady && <span class="mm-hint">{t('compare.hint')}</span>}
    </div>
  );
}
