import { t } from '../i18n';
import { useTask } from '../live';
import { downloadVersion, exportVersion } from '../registry-client';

/**
 * Fetches the model file of a version, or the archive that carries all of it to another hub; its icon turns while that
 * lasts and warns when it failed.
 */
export function DownloadButton({
  model,
  version,
  kind,
}: {
  readonly model: string;
  readonly version: number;
  readonly kind: 'file' | 'archive';
}) {
  const { state, start } = useTask();
  const isFile = kind === 'file';
  const label =
    state.status === 'failed'
      ? `${t('download.failed')} ${state.error.message}`
      : t(isFile ? 'action.downloadVersion' : 'action.exportVersion', { version });
  const resting = isFile ? 'fa-download' : 'fa-archive';
  const icon = { idle: resting, busy: 'fa-circle-o-notch fa-spin', failed: 'fa-exclamation-triangle' }[state.status];
  const fetchIt = isFile ? downloadVersion : exportVersion;
  return (
    <button
      type="button"
      class="red-ui-button red-ui-button-small"
      aria-label={label}
      title={isFile ? label : `${label} ${t('action.exportHint')}`}
      disabled={state.status === 'busy'}
      onClick={() => start(() => fetchIt(model, version))}
    >
      <i class={`fa ${icon}`} aria-hidden="true" />
      {!isFile && ` ${t('action.export')}`}
    </button>
  );
}
