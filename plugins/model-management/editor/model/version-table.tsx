import { useState } from 'preact/hooks';
import type { Model } from '../contract';
import { t } from '../i18n';
import { DeleteVersion } from './delete-version';
import { DeployPanel } from './deploy-panel';
import { metricNames } from './metric-series';
import { VersionRow } from './version-row';

type Asked = { readonly kind: 'deploy' | 'delete'; readonly version: number };

/** Metric columns shown; more would not fit beside the actions. */
const METRIC_COUNT = 3;

export function VersionTable({
  model,
  shown,
  onShow,
  onChanged,
}: {
  readonly model: Model;
  /** The version whose signature stands below. */
  readonly shown: number | null | undefined;
  readonly onShow: (version: number) => void;
  readonly onChanged: () => void;
}) {
  const [asked, setAsked] = useState<Asked>();
  const metrics = metricNames(model.versions).slice(0, METRIC_COUNT);
  const close = (): void => setAsked(undefined);
  if (model.versions.length === 0) return <p class="mm-empty">{t('version.noneYet')}</p>;
  return (
    <div class="mm-table-wrap">
      <table class="mm-table mm-versions" aria-label={t('version.table')}>
        <thead>
          <tr>
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
        <tbody>
          {model.versions.map((version) => (
            <VersionRow
              key={version.version}
              model={model}
              version={version}
              metrics={metrics}
              isShown={version.version === shown}
              onShow={onShow}
              onAsk={(kind) => setAsked({ kind, version: version.version })}
            >
              {asked?.version === version.version &&
                (asked.kind === 'deploy' ? (
                  <DeployPanel
                    model={model}
                    target={{ kind: 'deploy', version: asked.version }}
                    onDone={onChanged}
                    onClose={close}
                  />
                ) : (
                  <DeleteVersion model={model} version={asked.version} onDone={onChanged} onClose={close} />
                ))}
            </VersionRow>
          ))}
        </tbody>
      </table>
    </div>
  );
}
