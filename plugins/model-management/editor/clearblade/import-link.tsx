import { t } from '../i18n';
import { mayImport, openImport } from './import-tray';

/** The way in, for those who may change flows. */
export function ImportLink() {
  if (!mayImport()) return null;
  return (
    <button type="button" class="mm-link mm-import-link" onClick={openImport}>
      <i class="fa fa-download" aria-hidden="true" /> {t('import.open')}
    </button>
  );
}
