import type { Model } from '../contract';
import type { EdgeModelView, EdgeView } from '../edges/edge-client';
import { EdgeSign } from '../edges/edge-sign';
import { ModelProgress } from '../edges/model-progress';
import { versionText } from '../edges/version-text';
import { WantedTable } from '../edges/wanted-table';
import { t } from '../i18n';
import { useEdgeChanges, useResource, useRolloutChanges } from '../live';
import { mayWrite } from '../rights';
import { ModelRollouts } from '../rollouts/model-rollouts';
import { fetchModelRollouts } from '../rollouts/rollout-client';
import { RolloutForm } from '../rollouts/rollout-form';
import { isActive } from '../rollouts/rollout-words';
import { Toggle } from '../toggle';
import { AssignForm } from './assign-form';
import { refText } from './ref-text';

/** The form that is open. */
export type EdgeForm = { readonly kind: 'assign' } | { readonly kind: 'rollout'; readonly version: number };

interface ModelEdgesProps {
  readonly model: Model;
  /** All but this Node-RED itself. */
  readonly edges: readonly EdgeView[];
  readonly form: EdgeForm | undefined;
  readonly onForm: (form: EdgeForm | undefined) => void;
  readonly onChanged: () => void;
}

/** Which edges run the model, and the ways to say which; nothing where there are no edges. */
export function ModelEdges(props: ModelEdgesProps) {
  return props.edges.length === 0 && props.model.edges.length === 0 ? null : <EdgeSection {...props} />;
}

function EdgeSection({ model, edges, form, onForm, onChanged }: ModelEdgesProps) {
  const rollouts = useResource((signal) => fetchModelRollouts(model.name, signal), [model.name]);
  useRolloutChanges(rollouts.reload);
  useEdgeChanges(rollouts.reload, () => rollouts.data?.some(isActive) ?? false);
  const version = model.latestVersion;
  const canChange = mayWrite() && edges.length > 0 && version !== null;
  const close = (): void => onForm(undefined);
  return (
    <section>
      <header class="mm-section-head">
        <h3>{t('tab.edges')}</h3>
        {canChange && (
          <span class="mm-actions">
            <Toggle
              open={form?.kind === 'assign'}
              text={t('edge.assign.title')}
              onClick={() => onForm(form?.kind === 'assign' ? undefined : { kind: 'assign' })}
            />
            {!rollouts.data?.some(isActive) && (
              <Toggle
                open={form?.kind === 'rollout'}
                text={t('rollout.form.title')}
                onClick={() => onForm(form?.kind === 'rollout' ? undefined : { kind: 'rollout', version })}
              />
            )}
          </span>
        )}
      </header>
      {form?.kind === 'assign' && <AssignForm model={model} edges={edges} onDone={onChanged} onClose={close} />}
      {form?.kind === 'rollout' && (
        <RolloutForm
          key={form.version}
          model={model}
          version={form.version}
          edges={edges}
          onDone={rollouts.reload}
          onClose={close}
        />
      )}
      {model.edges.length === 0 && !form && <p class="mm-hint">{t('edge.assign.none')}</p>}
      {model.edges.length > 0 && <EdgeTable model={model} edges={edges} />}
      <ModelRollouts rollouts={rollouts} />
    </section>
  );
}

function EdgeTable({ model, edges }: { readonly model: Model; readonly edges: readonly EdgeView[] }) {
  return (
    <WantedTable
      label={t('edge.assign.table')}
      of={t('usage.kind.edge')}
      rows={model.edges}
      row={({ name, version }) => (
        <Row
          key={name}
          name={name}
          wanted={refText(model, version)}
          edge={edges.find((edge) => edge.name === name)}
          model={model.name}
        />
      )}
    />
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
