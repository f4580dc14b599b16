import type { Health } from '../contract';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { SearchedList, type SearchedListWords } from '../list/searched-list';
import { useEdgeChanges, usePolling, useResource } from '../live';
import { JoinLink, JoinNotice } from '../own-edge/join-link';
import { OwnPanel } from '../own-edge/own-panel';
import { fetchHealth } from '../registry-client';
import { isEdge, mayWrite } from '../rights';
import { ActiveRollouts } from '../rollouts/active-rollouts';
import { type EdgeView, fetchEdges } from './edge-client';
import { arrange, type Order } from './edge-order';
import { EdgeRow } from './edge-row';
import { openAddEdge } from './edge-tray';

const HEALTH_INTERVAL_MS = 5_000;

const words = (): SearchedListWords<Order> => ({
  toolbar: t('edge.list.toolbar'),
  search: t('edge.list.search'),
  orders: { name: t('list.order.name'), state: t('edge.list.state') },
  label: t('edge.list.label'),
  noMatch: (search) => t('edge.list.noMatch', { search }),
});

/** The sub-tab: the other Node-REDs that run what this one assigns to them; on an edge, what it runs itself. */
export function EdgesPanel() {
  return (
    <div class="mm-panel">
      <div class="mm-pane">{isEdge() ? <OwnPanel /> : <Edges />}</div>
    </div>
  );
}

function Edges() {
  const health = useResource(fetchHealth, []);
  usePolling(health.poll, HEALTH_INTERVAL_MS);
  const { data, error, reload, cancel } = useResource(fetchEdges, []);
  useEdgeChanges(reload);
  return (
    <>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('edge.list.loading')} onCancel={cancel} />}
      {health.data && <JoinNotice health={health.data} onUndone={health.reload} />}
      {data && <EdgeList edges={data} broker={health.data?.broker} />}
      {health.data && <JoinLink health={health.data} onJoined={health.reload} />}
    </>
  );
}

function EdgeList({
  edges,
  broker,
}: {
  readonly edges: readonly EdgeView[];
  readonly broker: Health['broker'] | undefined;
}) {
  // Until it is known, the server says it when it is asked.
  const hasBroker = broker === undefined || broker.url !== undefined;
  const canAdd = mayWrite() && hasBroker;
  return (
    <SearchedList
      items={edges}
      words={words()}
      arrange={arrangeByWords}
      onAdd={canAdd ? openAddEdge : undefined}
      above={
        <>
          {broker && <BrokerNotice broker={broker} />}
          {hasBroker && <ActiveRollouts />}
        </>
      }
      row={(edge) => <EdgeRow key={edge.name} edge={edge} />}
      below={
        edges.length === 1 &&
        hasBroker && <p class="mm-empty">{t(canAdd ? 'edge.list.empty' : 'edge.list.emptyReadOnly')}</p>
      }
    />
  );
}

const arrangeByWords = (edges: readonly EdgeView[], search: string, order: Order): readonly EdgeView[] =>
  arrange(edges, search, order, (look) => t(`edge.look.${look}`));

/** What edges miss, and how to add it. */
function BrokerNotice({ broker: { url, connected } }: { readonly broker: Health['broker'] }) {
  if (url !== undefined && connected) return null;
  return (
    <p class="mm-hint" role="status">
      <i class="fa fa-chain-broken" aria-hidden="true" />{' '}
      {url === undefined ? t('notice.noBroker') : t('notice.brokerGone', { url })}
    </p>
  );
}
