import { ApiError } from '../api';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import type { CodeEditorHandle } from '../widgets/code-editor';
import type { LibraryError } from './contract';

/** What is wrong with a source, as the library, a test or a refusal tells it. */
type Fault = Omit<LibraryError, 'code'> & { readonly code: string };

/** What is wrong with a source, with the way to the line. */
export function FaultBox({
  fault: { code, message, line, column },
  hint = '',
  intro,
  onGoTo,
}: {
  readonly fault: Fault;
  readonly hint?: string;
  readonly intro?: string;
  readonly onGoTo: CodeEditorHandle['goTo'];
}) {
  return (
    <ErrorBox error={new ApiError(code, message, hint)} {...(intro && { intro })}>
      {line !== undefined && (
        <button type="button" class="mm-link" onClick={() => onGoTo(line, column)}>
          {t('library.goTo', { line })}
        </button>
      )}
    </ErrorBox>
  );
}

/** The refusal of a source, as a fault of it. */
export function faultOf({ code, message, details }: ApiError): Fault {
  const { line, column } = details;
  return {
    code,
    message,
    ...(typeof line === 'number' && { line }),
    ...(typeof column === 'number' && { column }),
  };
}
