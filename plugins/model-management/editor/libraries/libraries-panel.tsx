import { useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useLibraryChanges, useResource } from '../live';
import { fetchLibraries } from './library-client';
import { LibraryList } from './library-list';
import { openLibrary } from './library-tray';
import { NewLibrary } from './new-library';
import { mayWriteLibraries } from './rights';

/** The sub-tab: the list of libraries, or the form that begins one. */
export function LibrariesPanel() {
  const { data, error, reload } = useResource(fetchLibraries, []);
  const [isAdding, setIsAdding] = useState(false);
  useLibraryChanges(reload);
  if (isAdding) {
    return (
      <div class="mm-panel">
        <div class="mm-pane">
          <NewLibrary
            onCreate={(library) => {
              setIsAdding(false);
              openLibrary(library);
            }}
            onClose={() => setIsAdding(false)}
          />
        </div>
      </div>
    );
  }
  return (
    <div class="mm-panel">
      <div class="mm-pane">
        {error && <ErrorBox error={error} onRetry={reload} />}
        {!data && !error && <Busy text={t('library.list.loading')} />}
        {data && (
          <LibraryList
            libraries={data}
            onOpen={(name) => openLibrary({ name })}
            {...(mayWriteLibraries() && { onAdd: () => setIsAdding(true) })}
          />
        )}
      </div>
    </div>
  );
}
