import { t } from '../i18n';

/** "v3"; nothing yet is a dash. */
export const versionText = (version: number | null): string =>
  version === null ? t('metric.none') : t('version.short', { version });
