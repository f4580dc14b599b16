import { useContext } from 'preact/hooks';
import type { Usage } from '../contract';
import { t } from '../i18n';
import { Leave } from './frame';

/** Who uses a model; a node can be shown in its flow. */
export function UsageList({ usedBy }: { readonly usedBy: readonly Usage[] }) {
  return (
    <ul class="mm-usage">
      {usedBy.map((usage) => (
        <li key={`${usage.kind} ${usage.id}`}>
          {t(`usage.kind.${usage.kind}`)} {usage.kind === 'node' ? <NodeLink usage={usage} /> : usage.name || usage.id}
          {usage.tab && ` · ${usage.tab}`}
        </li>
      ))}
    </ul>
  );
}

function NodeLink({ usage }: { readonly usage: Usage }) {
  const leave = useContext(Leave);
  return (
    <button type="button" class="mm-link" onClick={() => void leave().then(() => RED.view.reveal(usage.id))}>
      {usage.name || RED.nodes.node(usage.id)?.type || usage.id}
    </button>
  );
}
