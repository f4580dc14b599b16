import { useState } from 'preact/hooks';
import { LOCAL_EDGE } from '../../../../lib/edges/protocol/names';
import type { Model } from '../contract';
import { type EdgeModelView, type EdgeView, fetchEdges } from '../edges/edge-client';
import { EdgeSign } from '../edges/edge-sign';
import { ModelProgress } from '../edges/model-progress';
import { versionText } from '../edges/version-text';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import { useEdgeChanges, useResource } from '../live';
import { mayWrite } from '../rights';
import { Toggle } from '../toggle';
import { AssignForm } from './assign-form';
import { refText } from './ref-text';

/** Which edges run the model, and the way to say which; nothing where there are no edges. */
export function ModelEdges({ model, onChanged }: { readonly model: Model; readonly onChanged: () => void }) {
  const { data, reload } = useResource(fetchEdges, []);
  useEdgeChanges(reload);
  const [isOpen, setOpen] = useState(false);
  const page = usePage(model.edges);
  const others = (data ?? []).filter(({ name }) => name !== LOCAL_EDGE);
  if (others.length === 0 && model.edges.length === 0) return null;
  return (
    <section>
      <header class="mm-section-head">
        <h3>{t('tab.edges')}</h3>
        {mayWrite() && model.versions.length > 0 && (
          <Toggle open={isOpen} text={t('edge.assign.title')} onClick={() => setOpen(!isOpen)} />
        )}
      </header>
      {isOpen && <AssignForm model={model} edges={others} onDone={onChanged} onClose={() => setOpen(false)} />}
      {model.edges.length === 0 && !isOpen && <p class="mm-hint">{t('edge.assign.none')}</p>}
      {model.edges.length > 0 && (
        <div class="mm-table-wrap">
          <table class="mm-table mm-stack" aria-label={t('edge.assign.table')}>
            <thead>
              <tr>
                <th scope="col">{t('usage.kind.edge')}</th>
                <th scope="col">{t('edge.column.wanted')}</th>
                <th scope="col">{t('edge.column.runs')}</th>
                <th scope="col">{t('run.column.state')}</th>
              </tr>
            </thead>
            <tbody>
              {page.shown.map(({ name, version }) => (
                <Row
                  key={name}
                  name={name}
                  wanted={refText(model, version)}
                  edge={others.find((edge) => edge.name === name)}
                  model={model.name}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {page.total > page.shown.length && <Pager page={page} />}
    </section>
  );
}

function Row({
  name,
  wanted,
  edge,
  model,
}: {
  readonly name: string;
  readonly wanted: string;
  /** Absent: not known yet. */
  readonly edge: EdgeView | undefined;
  readonly model: string;
}) {
  const view: EdgeModelView | undefined = edge?.models.find((one) => one.name === model);
  return (
    <tr>
      <td>
        {edge && <EdgeSign look={edge.state} />} {name}
      </td>
      <td data-name={t('edge.column.wanted')}>{wanted}</td>
      <td data-name={t('edge.column.runs')}>{versionText(view?.reported ?? null)}</td>
      <td>{view && <ModelProgress model={view} />}</td>
    </tr>
  );
}
