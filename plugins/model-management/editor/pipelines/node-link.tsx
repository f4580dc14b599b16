import { t } from '../i18n';
import { findPlace } from '../model/node-place';
import { closeTray } from '../widgets/tray';

/** A node by what it is called; a press shows it in its flow. */
export function NodeLink({ id, name }: { readonly id: string; readonly name?: string }) {
  const place = findPlace({ id });
  const words = name || RED.nodes.node(place?.id ?? '')?.name || place?.type || id;
  if (!place) return <span>{words}</span>;
  return (
    <button
      type="button"
      class="mm-link"
      title={t('usage.reveal')}
      onClick={() => void closeTray().then(() => RED.view.reveal(place.id))}
    >
      {words}
    </button>
  );
}
