/** By the `Promise.prototype` of each library's context: who hears of its rejections that nobody handles. */
const owners = new WeakMap<object, (reason: unknown) => void>();
let guardCount = 0;

/** Takes the unhandled rejections of a context's promises; they stay taken after the library has ended. */
export function adoptRejections(promisePrototype: object, onRejection: (reason: unknown) => void): void {
  owners.set(promisePrototype, onRejection);
}

/**
 * Keeps a promise that a library forgot from ending the process, which is what Node.js does with a rejection that
 * nobody handles. All other promises keep that fate.
 *
 * @returns takes the guard back; the last one restores the process as it was
 */
export function guardRejections(): () => void {
  if (guardCount === 0) process.on('unhandledRejection', onUnhandledRejection);
  guardCount += 1;
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    guardCount -= 1;
    if (guardCount === 0) process.off('unhandledRejection', onUnhandledRejection);
  };
}

function onUnhandledRejection(reason: unknown, promise: unknown): void {
  const owner = ownerOf(promise);
  if (owner) owner(reason);
  // Node.js asks the listeners instead of ending the process: with none but ours, its answer is ours to give.
  else if (process.listenerCount('unhandledRejection') === 1 && isFatal()) throw asError(reason);
}

function ownerOf(promise: unknown): ((reason: unknown) => void) | undefined {
  try {
    for (let at = promise; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
      const owner = owners.get(at);
      if (owner) return owner;
    }
  } catch {
    // A prototype that throws when it is looked at: nobody's code but a library's makes such a promise.
    return () => undefined;
  }
  return undefined;
}

/** False where the administrator started Node.js with a milder `--unhandled-rejections`. */
function isFatal(): boolean {
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)].join(' ');
  return !/--unhandled-rejections[= ](?:none|warn)/.test(options);
}

function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  return Object.assign(new Error(`A promise was rejected with ${String(reason)}, and nobody handled it.`), {
    code: 'ERR_UNHANDLED_REJECTION',
  });
}
