import { t } from '../i18n';
import { openTray } from '../widgets/tray';
import { PipelineDetail } from './pipeline-detail';

const WIDTH_PX = 900;

/** Everything about a pipeline, in the platform's tray. */
export function openPipeline(id: string, name: string): void {
  openTray({ title: t('flow.title', { name }), widthPx: WIDTH_PX, content: <PipelineDetail id={id} /> });
}
