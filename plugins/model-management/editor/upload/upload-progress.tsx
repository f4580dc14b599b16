import { t } from '../i18n';
import type { UploadState } from './use-upload';

/** The wait of an upload, with the way out of it. */
export function UploadProgress({ state, onCancel }: { readonly state: UploadState; readonly onCancel: () => void }) {
  if (state.status !== 'sending' && state.status !== 'checking') return null;
  const percent = state.status === 'sending' ? Math.floor(state.ratio * 100) : undefined;
  return (
    <div class="mm-progress">
      <progress max={100} aria-label={t('upload.progress')} {...(percent !== undefined && { value: percent })} />
      <span class="mm-number">{percent === undefined ? '' : t('upload.percent', { percent })}</span>
      <button type="button" class="red-ui-button red-ui-button-small" onClick={onCancel}>
        {t('action.cancel')}
      </button>
    </div>
  );
}
