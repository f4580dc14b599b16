import { ApiError } from './api';
import { t } from './i18n';

/** What a person typed as JSON. @throws {ApiError} in words */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError('INVALID_JSON', error instanceof Error ? error.message : String(error), t('try.badJson'));
  }
}
