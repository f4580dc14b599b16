import { t } from '../i18n';
import { openTray } from '../widgets/tray';
import { AddEdge } from './add-edge';
import { EdgeDetail } from './edge-detail';

const WIDTH_PX = 760;
const FORM_WIDTH_PX = 620;

/** Everything about an edge, in the platform's tray. */
export function openEdge(name: string): void {
  openTray({ title: t('edge.title', { name }), widthPx: WIDTH_PX, content: <EdgeDetail name={name} /> });
}

/** The form for an edge that is not there yet. */
export function openAddEdge(): void {
  openTray({ title: t('edge.add.title'), widthPx: FORM_WIDTH_PX, content: <AddEdge /> });
}
