import { useState } from 'preact/hooks';
import { ENVIRONMENT } from '../../../plugins/model-management/editor/dialog/fault';
import { type Choice, ChoiceRow } from '../../../plugins/model-management/editor/dialog/rows';
import { ErrorBox } from '../../../plugins/model-management/editor/feedback';
import type { Library } from '../../../plugins/model-management/editor/libraries/contract';
import { fetchLibraries } from '../../../plugins/model-management/editor/libraries/library-client';
import { isLibraryName } from '../../../plugins/model-management/editor/libraries/library-name';
import { openLibrary } from '../../../plugins/model-management/editor/libraries/library-tray';
import { NewLibrary } from '../../../plugins/model-management/editor/libraries/new-library';
import { mayWriteLibraries } from '../../../plugins/model-management/editor/libraries/rights';
import { useLibraryChanges, useResource } from '../../../plugins/model-management/editor/live';
import { Toggle } from '../../../plugins/model-management/editor/toggle';
import { nodeText } from './texts';

/** Which library the node calls, and the way to its source, which opens over the dialog. */
export function LibraryField({
  library,
  onChoose,
}: {
  readonly library: string;
  readonly onChoose: (library: string) => void;
}) {
  const { data, error, reload } = useResource(fetchLibraries, []);
  /** The ending that the form for a new one begins with; undefined = the form is closed. */
  const [suggestion, setSuggestion] = useState<string>();
  useLibraryChanges(reload);
  const known = data?.find(({ name }) => name === library);
  const mayWrite = mayWriteLibraries();
  return (
    <>
      <ChoiceRow
        icon="fa-code"
        label={nodeText('library.label')}
        value={library}
        options={choices(library, known, data ?? [])}
        onChange={onChoose}
      >
        {known && (
          <button type="button" class="red-ui-button" onClick={() => openLibrary({ name: known.name })}>
            {nodeText(mayWrite && !known.builtIn ? 'library.edit' : 'library.look')}
          </button>
        )}
        {mayWrite && (
          <Toggle
            open={suggestion !== undefined}
            text={nodeText('library.new')}
            onClick={() => setSuggestion(suggestion === undefined ? '' : undefined)}
          />
        )}
      </ChoiceRow>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {known && <Facts library={known} />}
      {data && !known && library !== '' && !ENVIRONMENT.test(library) && (
        <p class="mm-hint mm-under" role="status">
          {nodeText('library.unknown', { library })}{' '}
          {mayWrite && isLibraryName(library) && (
            <button type="button" class="mm-link" onClick={() => setSuggestion(library)}>
              {nodeText('library.make')}
            </button>
          )}
        </p>
      )}
      {suggestion !== undefined && (
        <NewLibrary
          key={suggestion}
          suggestion={suggestion}
          onCreate={(created) => {
            setSuggestion(undefined);
            openLibrary({ ...created, onStored: ({ name }) => onChoose(name) });
          }}
          onClose={() => setSuggestion(undefined)}
        />
      )}
    </>
  );
}

/** What the library is for, or why it does not run. */
function Facts({ library: { state, error, description } }: { readonly library: Library }) {
  if (state === 'failed') {
    return (
      <p class="mm-warning mm-under" role="alert">
        <i class="fa fa-exclamation-triangle" aria-hidden="true" />{' '}
        {nodeText('library.failed', { reason: error?.message ?? '' })}
      </p>
    );
  }
  return description ? <p class="mm-hint mm-under">{description}</p> : null;
}

/** The stored name stays in the list, known or not. */
function choices(stored: string, known: Library | undefined, libraries: readonly Library[]): readonly Choice[] {
  const all = libraries.map(({ name, description }) => ({ value: name, text: withDescription(name, description) }));
  if (known) return all;
  const text = stored === '' ? nodeText('library.choose') : nodeText('library.missing', { library: stored });
  return [{ value: stored, text }, ...all];
}

const LONGEST_DESCRIPTION = 60;

function withDescription(name: string, description: string): string {
  if (description === '') return name;
  const isLong = description.length > LONGEST_DESCRIPTION;
  return `${name}: ${isLong ? `${description.slice(0, LONGEST_DESCRIPTION - 1)}…` : description}`;
}
