import { t } from '../i18n';
import type { EdgeModelView } from './edge-client';

/** How a model does on an edge, in words; while it is fetched with a bar. */
export function ModelProgress({
  model: { state, progress, error },
}: {
  readonly model: Pick<EdgeModelView, 'state' | 'progress' | 'error'>;
}) {
  if (state !== 'downloading') {
    return (
      <span class="mm-edge-error">
        {t(`edge.model.${state}`)}
        {error && `: ${error.message}`}
      </span>
    );
  }
  const percent = Math.floor((progress ?? 0) * 100);
  return (
    <span class="mm-edge-progress">
      <span>
        {t('edge.model.downloading')} {t('upload.percent', { percent })}
      </span>
      <progress max={100} value={percent} aria-label={t('edge.model.downloading')} />
    </span>
  );
}
