import { announce } from '../announce';
import { t } from '../i18n';
import { openModel } from '../model/model-tray';
import { mayWrite } from '../rights';
import { closeTray } from '../widgets/tray';
import { type EdgeModelView, type EdgeView, retryEdge } from './edge-client';
import { ModelProgress } from './model-progress';
import { RetryButton } from './retry-button';
import { versionText } from './version-text';
import { WantedTable } from './wanted-table';

/** What shall run there beside what runs. */
export function EdgeModels({ edge }: { readonly edge: EdgeView }) {
  const hasFailed = edge.models.some(({ state }) => state === 'failed');
  return (
    <section>
      <h3>{t('edge.model.title')}</h3>
      {edge.models.length === 0 && <p class="mm-hint">{t('edge.model.none')}</p>}
      {edge.models.length > 0 && (
        <WantedTable
          label={t('edge.model.title')}
          of={t('edge.column.model')}
          rows={edge.models}
          row={(model) => <Row key={model.name} model={model} />}
        />
      )}
      {hasFailed && edge.state === 'online' && mayWrite() && (
        <RetryButton
          hint={t('edge.retryHint')}
          retry={async (signal) => {
            await retryEdge(edge.name, signal);
            announce(t('edge.retried', { name: edge.name }));
          }}
        />
      )}
    </section>
  );
}

function Row({ model }: { readonly model: EdgeModelView }) {
  const { name, desired, reported } = model;
  return (
    <tr>
      <td>
        <button
          type="button"
          class="mm-link"
          title={t('action.open', { name })}
          onClick={() => void closeTray().then(() => openModel(name))}
        >
          {name}
        </button>
      </td>
      <td data-name={t('edge.column.wanted')}>{versionText(desired)}</td>
      <td data-name={t('edge.column.runs')}>{versionText(reported)}</td>
      <td>
        <ModelProgress model={model} />
      </td>
    </tr>
  );
}
