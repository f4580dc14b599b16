import type { ComponentChildren } from 'preact';
import { Age } from '../age';
import { WRITE } from '../api';
import type { Model, VersionSummary } from '../contract';
import { formatBytes, formatNumber } from '../format';
import { t } from '../i18n';
import { metricOf, trendOf } from '../models/model-state';
import { TrendSign } from '../models/trend-sign';
import { DownloadButton } from './download-button';

/** One version; a question about it opens in a row of its own below. */
export function VersionRow({
  model,
  version,
  metrics,
  isShown,
  onShow,
  onAsk,
  children,
}: {
  readonly model: Model;
  readonly version: VersionSummary;
  readonly metrics: readonly string[];
  readonly isShown: boolean;
  readonly onShow: (version: number) => void;
  readonly onAsk: (kind: 'deploy' | 'delete') => void;
  readonly children: ComponentChildren;
}) {
  const number = version.version;
  const size = formatBytes(version.sizeBytes, RED.i18n.lang());
  return (
    <>
      <tr class={isShown ? 'mm-shown' : ''}>
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
        <td title={version.description}>
          {t(`version.source.${version.source}`)} · <span class="mm-whole">{size}</span>
        </td>
        {metrics.map((metric) => (
          <td class="mm-number" data-name={metric} key={metric}>
            <MetricCell model={model} version={version} metric={metric} />
          </td>
        ))}
        <td>
          {aliasesOf(model, version).map((alias) => (
            <span class="mm-alias" key={alias}>
              {alias}
            </span>
          ))}
        </td>
        <td>
          <RowActions model={model} version={version} onAsk={onAsk} />
        </td>
      </tr>
      {children && (
        <tr>
          <td colSpan={5 + metrics.length}>{children}</td>
        </tr>
      )}
    </>
  );
}

/** Its own, and the computed `latest`. */
function aliasesOf({ latestVersion }: Model, { version, aliases }: VersionSummary): readonly string[] {
  return version === latestVersion ? [...aliases, 'latest'] : aliases;
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

function RowActions({
  model,
  version: { version },
  onAsk,
}: {
  readonly model: Model;
  readonly version: VersionSummary;
  readonly onAsk: (kind: 'deploy' | 'delete') => void;
}) {
  const isDeployed = model.aliases.deployed === version;
  const canWrite = RED.user.hasPermission(WRITE);
  // The server keeps the deployed version and the one a rollback needs.
  const isKept = isDeployed || model.rollbackVersion === version;
  return (
    <div class="mm-actions">
      {isDeployed && (
        <span class="mm-deployed">
          <i class="fa fa-check" aria-hidden="true" /> {t('version.isDeployed')}
        </span>
      )}
      {!isDeployed && canWrite && (
        <button
          type="button"
          class="red-ui-button red-ui-button-small"
          aria-label={t('action.deployVersion', { version })}
          onClick={() => onAsk('deploy')}
        >
          {t('action.deploy')}
        </button>
      )}
      <DownloadButton model={model.name} version={version} />
      {canWrite && !isKept && (
        <button
          type="button"
          class="red-ui-button red-ui-button-small"
          aria-label={t('action.deleteVersion', { version })}
          title={t('action.deleteVersion', { version })}
          onClick={() => onAsk('delete')}
        >
          <i class="fa fa-trash-o" aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
