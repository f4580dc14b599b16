import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { downloadVersion, exportVersion } from '../registry-client';

/**
 * Fetches the model file of a version, or the archive that carries all of it to another hub; while that lasts its icon
 * turns and it cancels. What went wrong stands beside it.
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
  const { state, start, reset } = useTask();
  const isFile = kind === 'file';
  const isBusy = state.status === 'busy';
  const action = t(isFile ? 'action.downloadVersion' : 'action.exportVersion', { version });
  const label = isBusy ? t('download.cancel', { version }) : action;
  const resting = isFile ? 'fa-download' : 'fa-archive';
  const fetchIt = isFile ? downloadVersion : exportVersion;
  return (
    <>
      <button
        type="button"
        class="red-ui-button red-ui-button-small"
        aria-label={label}
        title={isFile || isBusy ? label : `${label} ${t('action.exportHint')}`}
        onClick={() => (isBusy ? reset() : start((signal) => fetchIt(model, version, signal)))}
      >
        <i class={`fa ${isBusy ? 'fa-circle-o-notch fa-spin' : resting}`} aria-hidden="true" />
        {!isFile && ` ${t('action.export')}`}
      </button>
      {state.status === 'failed' && <ErrorBox error={state.error} intro={t('download.failed', { version })} />}
    </>
  );
}
