import { t } from '../i18n';
import { openTray } from '../widgets/tray';
import { JobDetail } from './job-detail';

const WIDTH_PX = 900;

/** Everything about a job, in the platform's tray. */
export function openJob(name: string): void {
  openTray({ title: t('job.title', { name }), widthPx: WIDTH_PX, content: <JobDetail name={name} /> });
}
