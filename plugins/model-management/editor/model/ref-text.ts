import { aliasVersion } from '../alias/alias-effect';
import type { Model } from '../contract';
import { t } from '../i18n';

/** "v3", or "deployed (v3)" of an alias. */
export function refText(model: Pick<Model, 'aliases'>, ref: number | string): string {
  if (typeof ref === 'number') return t('version.short', { version: ref });
  const version = aliasVersion(model, ref);
  return version === undefined ? ref : `${ref} (${t('version.short', { version })})`;
}
