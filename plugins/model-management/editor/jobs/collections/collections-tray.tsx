import { t } from '../../i18n';
import { openTray } from '../../widgets/tray';
import { CollectionsView } from './collections-view';

const WIDTH_PX = 900;

/** The tables of training rows, and queries over them. */
export function openCollections(): void {
  openTray({ title: t('collection.title'), widthPx: WIDTH_PX, content: <CollectionsView /> });
}
