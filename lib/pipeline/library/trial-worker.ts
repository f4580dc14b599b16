import { parentPort, workerData } from 'node:worker_threads';
import { asModelManagementError } from '../../errors';
import { describeThrown, libraryFailed, toLibraryError } from './faults';
import { LoadedLibrary } from './loaded-library';
import { showValue } from './shown-value';
import { guardRejections } from './stray-rejections';
import type { TrialOrder, TrialReply } from './trial-messages';
import type { ConsoleLine } from './types';

/** Entry of a trial thread: loads a library, calls it if asked to, and tells how it went. */

const maxLineCount = 500;
const maxLogLength = 100_000;

const order = workerData as TrialOrder;
const tell = (reply: TrialReply): void => parentPort?.postMessage(reply);

let lineCount = 0;
let logLength = 0;
function tellLine({ level, text }: ConsoleLine): void {
  lineCount += 1;
  logLength += text.length;
  if (lineCount <= maxLineCount && logLength <= maxLogLength) tell({ kind: 'line', level, text, atMs: Date.now() });
  else if (lineCount === maxLineCount + 1 || logLength - text.length <= maxLogLength) tell({ kind: 'linesCut' });
}

function load(): LoadedLibrary {
  const { name, source, modules, modulesPath } = order;
  return LoadedLibrary.load(name, 0, source, {
    modules,
    modulesPath,
    onLine: tellLine,
    onLateFault: (thrown) => {
      const { message } = libraryFailed(name, describeThrown(name, thrown));
      tellLine({ level: 'error', text: message });
    },
  });
}

async function run(): Promise<void> {
  tell({ kind: 'began' });
  let startedAtMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedAtMs;
  try {
    const library = load();
    if (!order.call) {
      // Only told when what the library left behind comes to rest: promises that chase each other would hold the thread.
      setImmediate(() => tell({ kind: 'loaded' }));
      return;
    }
    tell({ kind: 'running' });
    startedAtMs = performance.now();
    const { input, ...options } = order.call;
    const output = await library.exec(input, options);
    const durationMs = elapsedMs();
    tell({ kind: 'answer', ...showValue(output), durationMs });
  } catch (error) {
    tell({ kind: 'failed', error: toLibraryError(asModelManagementError(error)), durationMs: elapsedMs() });
  }
}

guardRejections();
// Keeps the thread until it is ended from outside, whatever the library waits for.
parentPort?.on('message', () => undefined);
void run();
