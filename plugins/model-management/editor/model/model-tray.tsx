import { t } from '../i18n';
import { openTray } from '../widgets/tray';
import { ModelDetail } from './model-detail';

const WIDTH_PX = 820;

/** Everything about one model, in the platform's tray. */
export function openModel(name: string): void {
  openTray({ title: t('tray.title', { name }), widthPx: WIDTH_PX, content: <ModelDetail name={name} /> });
}
