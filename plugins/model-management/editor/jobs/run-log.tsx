import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isFinal } from '../../../../lib/training/run/run-states';
import type { ApiError } from '../api';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useLogChanges, usePolling, useTask } from '../live';
import type { RunView } from './contract';
import { downloadLog, fetchLog } from './job-client';

/** More would slow the page down; the whole of it can be downloaded. */
const MAX_LINES = 5_000;
const POLL_MS = 2_000;

/** The log, which grows while the run goes on; it stays at its end until somebody scrolls up. */
export function RunLog({ run }: { readonly run: RunView }) {
  const { lines, isCut, error } = useLog(run);
  const [search, setSearch] = useState('');
  const download = useTask();
  const words = search.trim().toLowerCase();
  const shown = words === '' ? lines : lines.filter((line) => line.toLowerCase().includes(words));
  return (
    <section class="mm-run-log">
      <header class="mm-section-head">
        <h3>{t('run.log')}</h3>
        <div class="mm-actions">
          <input
            type="search"
            value={search}
            placeholder={t('run.logSearch')}
            aria-label={t('run.logSearch')}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
          <button
            type="button"
            class="red-ui-button red-ui-button-small"
            onClick={() => void navigator.clipboard?.writeText(shown.join('\n'))}
          >
            {t('run.logCopy')}
          </button>
          <button
            type="button"
            class="red-ui-button red-ui-button-small"
            onClick={() => download.start((signal) => downloadLog(run, signal))}
          >
            {t('run.logDownload')}
          </button>
        </div>
      </header>
      {isCut && <p class="mm-hint">{t('run.logCut', { count: MAX_LINES })}</p>}
      <LogText lines={shown} />
      {error && <ErrorBox error={error} />}
      {download.state.status === 'failed' && <ErrorBox error={download.state.error} />}
    </section>
  );
}

function LogText({ lines }: { readonly lines: readonly string[] }) {
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <pre
      ref={box}
      class="mm-log-lines"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      role="log"
      aria-label={t('run.log')}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {lines.length === 0 ? t('run.logEmpty') : lines.join('\n')}
    </pre>
  );
}

interface Log {
  readonly lines: readonly string[];
  /** Earlier lines are left out. */
  readonly isCut: boolean;
}

/** Reads on from where the last reading ended. */
function useLog(run: RunView): Log & { readonly error: ApiError | undefined } {
  const [log, setLog] = useState<Log>({ lines: [], isCut: false });
  const { state, start } = useTask();
  const offset = useRef(0);
  const rest = useRef('');
  const reading = useRef<{ isWantedAgain: boolean } | undefined>(undefined);
  const read: () => void = useCallback(() => {
    if (reading.current) {
      // What is told meanwhile may stand behind what is being read.
      reading.current.isWantedAgain = true;
      return;
    }
    const own = { isWantedAgain: false };
    reading.current = own;
    start(async (signal) => {
      try {
        const { text, sizeBytes } = await fetchLog(run.id, offset.current, signal);
        // One that got shorter is told anew.
        const isAnew = sizeBytes < offset.current;
        offset.current = isAnew ? 0 : sizeBytes;
        if (isAnew) rest.current = '';
        const parts = (rest.current + text).split('\n');
        rest.current = parts.pop() ?? '';
        setLog(({ lines, isCut }) => appended(isAnew ? [] : lines, parts, isCut && !isAnew));
      } finally {
        reading.current = undefined;
        if (own.isWantedAgain && !signal.aborted) read();
      }
    });
  }, [run.id]);
  useEffect(read, [read, run.state]);
  useLogChanges(read);
  usePolling(
    useCallback(() => {
      if (!isFinal(run.state) && !reading.current) read();
    }, [run.state, read]),
    POLL_MS,
  );
  return { ...log, error: state.status === 'failed' ? state.error : undefined };
}

function appended(lines: readonly string[], more: readonly string[], wasCut: boolean): Log {
  if (more.length === 0) return { lines, isCut: wasCut };
  const all = [...lines, ...more];
  return { lines: all.slice(-MAX_LINES), isCut: wasCut || all.length > MAX_LINES };
}
