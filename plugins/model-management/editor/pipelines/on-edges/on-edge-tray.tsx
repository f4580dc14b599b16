import { t } from '../../i18n';
import { openTray } from '../../widgets/tray';
import { OnEdgeDetail } from './on-edge-detail';

const WIDTH_PX = 900;

/** Everything about a pipeline as it is on an edge, in the platform's tray. */
export function openPipelineOnEdge({ id, edge }: { readonly id: string; readonly edge: string }, name: string): void {
  openTray({
    title: t('flow.onEdges.trayTitle', { name, edge }),
    widthPx: WIDTH_PX,
    content: <OnEdgeDetail id={id} name={name} edge={edge} />,
  });
}
