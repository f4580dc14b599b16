import type { z } from 'zod';
import { errorCodes, ModelManagementError } from '../../errors';
import { MAX_TEXT_LENGTH, ReportedError, text } from './fields';

/** An error as one machine tells it to another that goes on with it. */
export const ToldError = ReportedError.extend({ hint: text });
export type ToldError = z.infer<typeof ToldError>;

/** As much of a text as is told. */
export const toldText = (words: string): string => words.slice(0, MAX_TEXT_LENGTH);

export const toldError = ({ code, message, hint }: ToldError): ToldError => ({
  code,
  message: toldText(message),
  hint: toldText(hint),
});

/** What was told; a code that is not known here, as of a later release, is `INTERNAL`. */
export function heardError({ code, message, hint }: ToldError): ModelManagementError {
  return new ModelManagementError(errorCodes.find((one) => one === code) ?? 'INTERNAL', message, hint);
}
