import { t } from '../../i18n';
import { closeTray, openTray } from '../../widgets/tray';
import { OnEdgeDetail } from './on-edge-detail';

const WIDTH_PX = 900;

/** Everything about a pipeline as it is on an edge, in the platform's tray. */
function openPipelineOnEdge({ id, edge }: { readonly id: string; readonly edge: string }, name: string): void {
  openTray({
    title: t('flow.onEdges.trayTitle', { name, edge }),
    widthPx: WIDTH_PX,
    content: <OnEdgeDetail id={id} name={name} edge={edge} />,
  });
}

/** From another tray to a pipeline on an edge. */
export function OnEdgeLink({
  id,
  name,
  edge,
  text,
}: {
  readonly id: string;
  readonly name: string;
  readonly edge: string;
  readonly text: string;
}) {
  return (
    <button
      type="button"
      class="mm-link"
      title={t('flow.onEdges.open', { name, edge })}
      onClick={() => void closeTray().then(() => openPipelineOnEdge({ id, edge }, name))}
    >
      {text}
    </button>
  );
}
