import { t } from '../i18n';
import { openTray } from '../widgets/tray';
import { ImportForm } from './import-form';

const WIDTH_PX = 620;

/** Whether this user may change flows. */
export const mayImport = (): boolean => RED.user.hasPermission('flows.write');

/** From an export of the original to flows in the editor. */
export function openImport(): void {
  openTray({ title: t('import.title'), widthPx: WIDTH_PX, content: <ImportForm /> });
}
