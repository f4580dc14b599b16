import type { ComponentChildren } from 'preact';
import { Age } from '../age';
import { AliasChips } from '../alias/alias-chips';
import type { Model, VersionSummary } from '../contract';
import { formatBytes, formatNumber } from '../format';
import { t } from '../i18n';
import { metricOf, trendOf } from '../models/model-state';
import { TrendSign } from '../models/trend-sign';
import { VersionActions } from './version-actions';
import type { Asked } from './version-question';

/** Two are compared, no more. */
const PICK_COUNT = 2;

interface VersionRowProps {
  readonly model: Model;
  readonly version: VersionSummary;
  readonly metrics: readonly string[];
  readonly isShown: boolean;
  readonly onShow: (version: number) => void;
  readonly onAsk: (what: Asked) => void;
  /** The versions ticked to be compared; absent where there is nothing to compare. */
  readonly picked?: readonly number[];
  readonly onPick?: (version: number) => void;
  readonly children: ComponentChildren;
}

/** One version; a question about it opens in a row of its own below. */
export function VersionRow({ children, ...props }: VersionRowProps) {
  const { model, version, metrics, isShown, onShow, onAsk, picked } = props;
  const { version: number, description } = version;
  return (
    <>
      <tr class={isShown ? 'mm-shown' : ''}>
        <PickCell {...props} />
        <td class="mm-number" data-name={t('version.column.version')}>
          <button
            type="button"
            class="mm-link"
            aria-pressed={isShown}
            title={t('version.show', { version: number })}
            onClick={() => onShow(number)}
          >
            {number}
          </button>
        </td>
        <td title={version.createdBy ?? ''}>
          <Age at={version.createdAt} />
        </td>
        <td title={description}>
          {t(`version.source.${version.source}`)} ·{' '}
          <span class="mm-whole">{formatBytes(version.sizeBytes, RED.i18n.lang())}</span>
        </td>
        {metrics.map((metric) => (
          <td class="mm-number" data-name={metric} key={metric}>
            <MetricCell model={model} version={version} metric={metric} />
          </td>
        ))}
        <td>
          <AliasChips model={model} version={version} onDelete={(alias) => onAsk({ kind: 'deleteAlias', alias })} />
        </td>
        <td>
          <VersionActions model={model} version={version} onAsk={onAsk} />
        </td>
      </tr>
      {children && (
        <tr>
          <td colSpan={(picked ? 6 : 5) + metrics.length}>{children}</td>
        </tr>
      )}
    </>
  );
}

function PickCell({ version: { version }, picked, onPick }: Pick<VersionRowProps, 'version' | 'picked' | 'onPick'>) {
  if (!picked) return null;
  const isPicked = picked.includes(version);
  return (
    <td class="mm-pick">
      <input
        type="checkbox"
        checked={isPicked}
        disabled={!isPicked && picked.length >= PICK_COUNT}
        aria-label={t('compare.version', { version })}
        title={t('compare.version', { version })}
        onChange={() => onPick?.(version)}
      />
    </td>
  );
}

function MetricCell({
  model,
  version,
  metric,
}: {
  readonly model: Model;
  readonly version: VersionSummary;
  readonly metric: string;
}) {
  const value = metricOf(version, metric);
  const trend = trendOf(model, version, metric);
  if (value === undefined) return <>{t('metric.none')}</>;
  return (
    <>
      {formatNumber(value, RED.i18n.lang())}
      {trend && <TrendSign trend={trend} />}
    </>
  );
}
