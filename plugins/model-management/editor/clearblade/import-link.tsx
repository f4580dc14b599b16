import { t } from '../i18n';
import { openImport } from './import-tray';

/** The way in, for those who may change flows. */
export function ImportLink() {
  if (!RED.user.hasPermission('flows.write')) return null;
  return (
    <button type="button" class="mm-link mm-import-link" onClick={openImport}>
      <i class="fa fa-download" aria-hidden="true" /> {t('import.open')}
    </button>
  );
}
