import { useContext } from 'preact/hooks';
import { t } from '../i18n';
import { findPlace } from '../model/node-place';
import { closeTray } from '../widgets/tray';
import { NodesThere } from './nodes-there';

/** What a node is called in this editor; its id where it is not here. */
export function nodeWords(id: string): string {
  const place = findPlace({ id });
  return RED.nodes.node(place?.id ?? '')?.name || place?.type || id;
}

/** A node by what it is called; a press shows it in its flow, where that is here. */
export function NodeLink({ id, name }: { readonly id: string; readonly name?: string }) {
  const there = useContext(NodesThere);
  const place = there ? undefined : findPlace({ id });
  const words = name || there?.get(id) || (there ? id : nodeWords(id));
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
