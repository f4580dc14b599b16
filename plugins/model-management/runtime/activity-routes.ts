import { systemClock, toIso } from '../../../lib/clock';
import { invalidInput } from '../../../lib/errors';
import { coarseMinutes, coarseStepMs, fineMinutes, fineStepMs } from '../../../lib/inference/activity';
import type { AdminRouter } from './admin-router';
import { textOf } from './query-parameter';

/** What the versions of a model did lately, for charts. */
export function registerActivityRoutes(router: AdminRouter): void {
  router.get('/models/:name/activity', 'model-management.read', ({ request, services, param }) => {
    const { name } = services.registry.getModel(param('name'));
    const minutes = minutesOf(textOf(request, 'minutes'));
    const versions = services.engine.activity(name, minutes).map(({ version, isLoaded, columns }) => {
      const { at, ...figures } = columns;
      return { version, loaded: isLoaded, samples: { at: at.map(toIso), ...figures } };
    });
    const stepMs = minutes <= fineMinutes ? fineStepMs : coarseStepMs;
    return { status: 200, body: { model: name, minutes, stepMs, at: toIso(systemClock.now()), versions } };
  });
}

/** @throws {ModelManagementError} `INVALID_INPUT` */
function minutesOf(text: string | undefined): number {
  if (text === undefined) return fineMinutes;
  const minutes = Number(text);
  if (/^\d{1,3}$/.test(text) && minutes >= 1 && minutes <= coarseMinutes) return minutes;
  throw invalidInput(
    'minutes',
    `minutes must be a whole number from 1 to ${coarseMinutes}, got ${JSON.stringify(text)}.`,
    `Leave it out for the last ${fineMinutes} minutes.`,
  );
}
