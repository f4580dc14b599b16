import { t, tCount } from '../i18n';
import type { JobView } from './contract';

/** "every day at 02:00 (Europe/Paris)" in the editor's language. */
export function scheduleWords(schedule: JobView['schedule']): string {
  if (!schedule) return t('schedule.none');
  if (schedule.kind === 'cron') return t('schedule.cron', { expression: schedule.expression, zone: schedule.timeZone });
  const often = tCount(`schedule.every.${schedule.unit}`, schedule.every);
  const at = schedule.at === undefined ? '' : ` ${t('schedule.at', { time: schedule.at })}`;
  const isFixed = ['second', 'minute', 'hour'].includes(schedule.unit);
  return `${often}${at}${isFixed ? '' : ` (${schedule.timeZone})`}`;
}
