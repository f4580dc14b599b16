import { t } from '../i18n';

/** "v3"; nothing yet is a dash. */
export const versionText = (version: number | null): string =>
  version === null ? t('metric.none') : t('version.short', { version });

/** "v3", the alias that is followed, or a dash. */
export const versionRefText = (ref: number | string | null): string =>
  typeof ref === 'string' ? ref : versionText(ref);
