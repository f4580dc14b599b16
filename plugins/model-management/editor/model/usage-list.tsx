import { useContext } from 'preact/hooks';
import type { NodeFigures } from '../../../../lib/pipeline/node/node-figures';
import type { Usage } from '../contract';
import { t } from '../i18n';
import { Leave } from './frame';
import { findPlace } from './node-place';

/** Who uses a model; a node can be shown in its flow. */
export function UsageList({
  usedBy,
  nodes = [],
}: {
  readonly usedBy: readonly Usage[];
  /** What came of the messages of those that run. */
  readonly nodes?: readonly NodeFigures[];
}) {
  return (
    <ul class="mm-usage">
      {usedBy.map((usage) => (
        <li key={`${usage.kind} ${usage.id}`}>
          {t(`usage.kind.${usage.kind}`)} {usage.kind === 'node' ? <NodeUsage usage={usage} /> : usage.name || usage.id}
          <NodeCounts figures={nodes.find(({ id }) => id === usage.id)} />
        </li>
      ))}
    </ul>
  );
}

const counts = ['answered', 'failed', 'refused', 'dropped', 'droppedRounds', 'unusedResults'] as const;

/** Only what there is, and always what was answered. */
function NodeCounts({ figures }: { readonly figures: NodeFigures | undefined }) {
  if (!figures) return null;
  const number = new Intl.NumberFormat(RED.i18n.lang());
  const shown = counts.filter((name) => name === 'answered' || figures[name] > 0);
  return (
    <div class="mm-sub">
      {shown.map((name) => t(`usage.messages.${name}`, { value: number.format(figures[name]) })).join(' · ')}
    </div>
  );
}

/** The name leads to the node, on whatever tab or in whatever subflow it stands. */
function NodeUsage({ usage }: { readonly usage: Usage }) {
  const leave = useContext(Leave);
  const place = findPlace(usage);
  const tab = usage.tab || place?.container;
  const ref = usage.ref === undefined ? '' : ` · ${usage.ref}`;
  if (!place) {
    return (
      <>
        {usage.name || usage.id}
        {tab && ` · ${tab}`}
        {ref} <span class="mm-sub">{t('usage.notHere')}</span>
      </>
    );
  }
  return (
    <>
      <button
        type="button"
        class="mm-link"
        title={t('usage.reveal')}
        onClick={() => void leave().then(() => RED.view.reveal(place.id))}
      >
        {usage.name || place.type}
      </button>
      {tab && ` · ${tab}`}
      {ref}
    </>
  );
}
