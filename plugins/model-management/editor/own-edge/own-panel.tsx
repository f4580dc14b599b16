import { useContext } from 'preact/hooks';
import { announce } from '../announce';
import { WRITE } from '../api';
import { type OwnEdge, retryHere } from '../edges/edge-client';
import { RetryButton } from '../edges/retry-button';
import { Busy } from '../feedback';
import { t } from '../i18n';
import { OwnModels } from './own-models';
import { OwnPipelines } from './own-pipelines';
import { OwnRuns } from './own-runs';
import { OwnEdgeSource } from './use-own-edge';

/** What the hub has given to this Node-RED, and how that stands; an error of it is told above the tabs. */
export function OwnPanel() {
  const own = useContext(OwnEdgeSource);
  if (!own?.data) return own?.error ? null : <Busy text={t('list.loading')} />;
  const { models, pipelines, runs } = own.data;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="mm-own" tabIndex={0} aria-label={t('tab.edges')}>
      {hasFailed(own.data) && RED.user.hasPermission(WRITE) && (
        <RetryButton
          retry={async (signal) => {
            await retryHere(signal);
            announce(t('edge.own.retried'));
            own.reload();
          }}
          hint={t('edge.own.retryHint')}
        />
      )}
      <OwnModels models={models} />
      <OwnPipelines pipelines={pipelines} />
      <OwnRuns runs={runs} />
    </section>
  );
}

const hasFailed = ({ models, pipelines }: OwnEdge): boolean =>
  [...models, ...pipelines.map(({ reported }) => reported)].some(({ state }) => state === 'failed');
