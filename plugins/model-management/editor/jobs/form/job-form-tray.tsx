import { t } from '../../i18n';
import { openGate } from '../../widgets/leave-gate';
import { openTray } from '../../widgets/tray';
import { JobForm } from './job-form';

const WIDTH_PX = 1_000;

/** The form of a new job, or of one that is there. */
export function openJobForm({ name }: { readonly name?: string }): void {
  const gate = openGate();
  openTray({
    title: name === undefined ? t('job.new') : t('job.editTitle', { name }),
    widthPx: WIDTH_PX,
    gate,
    content: <JobForm name={name} gate={gate} />,
  });
}
