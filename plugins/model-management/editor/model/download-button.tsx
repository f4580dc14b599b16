import { t } from '../i18n';
import { useTask } from '../live';
import { downloadVersion } from '../registry-client';

/** Fetches the file of a version; its icon turns while that lasts and warns when it failed. */
export function DownloadButton({ model, version }: { readonly model: string; readonly version: number }) {
  const { state, start } = useTask();
  const label =
    state.status === 'failed'
      ? `${t('download.failed')} ${state.error.message}`
      : t('action.downloadVersion', { version });
  const icon = { idle: 'fa-download', busy: 'fa-circle-o-notch fa-spin', failed: 'fa-exclamation-triangle' }[
    state.status
  ];
  return (
    <button
      type="button"
      class="red-ui-button red-ui-button-small"
      aria-label={label}
      title={label}
      disabled={state.status === 'busy'}
      onClick={() => start(() => downloadVersion(model, version))}
    >
      <i class={`fa ${icon}`} aria-hidden="true" />
    </button>
  );
}
