import { labelOf } from '../../../../lib/training/training-place';
import { t } from '../i18n';

/** Where a job trains, in words. */
export const placeWords = (place: string): string => {
  const label = labelOf(place);
  return label === undefined ? place : t('job.form.edgeLabel', { label });
};
