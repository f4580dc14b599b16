import { useRef, useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { useFocusReturn } from '../focus-return';
import { t } from '../i18n';
import { useModelChanges, useResource } from '../live';
import { fetchVersion } from '../registry-client';
import { useReveal } from '../reveal';
import { type ComparisonGroup, type ComparisonRow, comparisonGroups } from './comparison-rows';

/** Two versions of a model side by side, the older on the left; one below the other where there is no room. */
export function CompareVersions({
  model,
  left,
  right,
  onClose,
}: {
  readonly model: string;
  readonly left: number;
  readonly right: number;
  readonly onClose: () => void;
}) {
  const box = useRef<HTMLElement>(null);
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const { data, error, reload } = useResource(
    (signal) => Promise.all([fetchVersion(model, left, signal), fetchVersion(model, right, signal)]),
    [model, left, right],
  );
  useModelChanges(reload);
  useReveal(box);
  useFocusReturn(box);
  const title = t('compare.title', { left, right });
  return (
    <section ref={box} class="mm-compare" aria-label={title}>
      <header class="mm-section-head">
        <h3>{title}</h3>
        <label class="mm-check">
          <input
            type="checkbox"
            checked={onlyDifferent}
            onChange={(event) => setOnlyDifferent(event.currentTarget.checked)}
          />
          {t('compare.onlyDifferent')}
        </label>
        <button type="button" class="red-ui-button red-ui-button-small" onClick={onClose}>
          {t('action.close')}
        </button>
      </header>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('compare.loading')} onCancel={onClose} />}
      {data && (
        <Comparison title={title} groups={comparisonGroups(...data)} names={[left, right]} {...{ onlyDifferent }} />
      )}
    </section>
  );
}

function Comparison({
  title,
  groups,
  names: [left, right],
  onlyDifferent,
}: {
  readonly title: string;
  readonly groups: readonly ComparisonGroup[];
  readonly names: readonly [number, number];
  readonly onlyDifferent: boolean;
}) {
  const versions = { left: t('version.short', { version: left }), right: t('version.short', { version: right }) };
  const shown = groups
    .map(({ title, rows }) => ({ title, rows: rows.filter((row) => !onlyDifferent || row.difference !== '') }))
    .filter(({ rows }) => rows.length > 0);
  return (
    <div class="mm-table-wrap">
      <table class="mm-table mm-comparison" aria-label={title}>
        <thead>
          <tr>
            <td />
            <th scope="col">{versions.left}</th>
            <th scope="col">{versions.right}</th>
            <th scope="col">{t('compare.difference')}</th>
          </tr>
        </thead>
        {shown.map((group) => (
          <tbody key={group.title}>
            <tr>
              <th scope="rowgroup" colSpan={4} class="mm-group">
                {group.title}
              </th>
            </tr>
            {group.rows.map((row) => (
              <Row key={row.name} row={row} versions={versions} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Row({
  row: { name, left, right, difference },
  versions,
}: {
  readonly row: ComparisonRow;
  readonly versions: { readonly left: string; readonly right: string };
}) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td data-name={versions.left}>{left || t('metric.none')}</td>
      <td data-name={versions.right}>{right || t('metric.none')}</td>
      <td data-name={t('compare.difference')}>{difference ? <strong>{difference}</strong> : t('compare.same')}</td>
    </tr>
  );
}
