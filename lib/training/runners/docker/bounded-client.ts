import type Docker from 'dockerode';

/** Ample for an engine that is busy; one that stops a container takes its grace before it answers. */
const ANSWER_MS = 60_000;
/** What is being made when a signal comes is waited for so long: cut off, it could come to be after it was removed. */
const MAKING_MS = 3_000;

type DialOptions = Parameters<Docker['modem']['dial']>[0];

/** Takes as long as the network and its registry need; whoever asks has a limit of its own. */
const isLong = ({ path, file }: DialOptions): boolean => file !== undefined || path.startsWith('/images/create');
const isMaking = ({ path }: DialOptions): boolean => /^\/(?:containers|volumes)\/create|\/start\?$/.test(path);

/**
 * The same engine for calls that hear a signal, and that fail when no answer has come within a minute: an engine which
 * takes connections and says nothing would otherwise hold whoever asks it for ever.
 *
 * Both end with the answer. A stream that has begun is its reader's to cut.
 *
 * @param answerMs - how long it may take to answer, default a minute; uploads and pulls have no such limit
 */
export function boundedClient(docker: Docker, signal?: AbortSignal, answerMs = ANSWER_MS): Docker {
  const dial = (call: DialOptions, answered: (error: unknown, answer: unknown) => void): void => {
    const own = new AbortController();
    const late = new Error(`no answer within ${Math.round(answerMs / 1_000)} s`);
    let timer = isLong(call) ? undefined : setTimeout(() => own.abort(late), answerMs);
    const giveUp = (): void => {
      clearTimeout(timer);
      if (isMaking(call)) timer = setTimeout(() => own.abort(late), Math.min(MAKING_MS, answerMs));
      else own.abort(signal?.reason);
    };
    if (signal?.aborted) own.abort(signal.reason);
    else signal?.addEventListener('abort', giveUp, { once: true });
    const abortSignal = call.abortSignal ? AbortSignal.any([own.signal, call.abortSignal]) : own.signal;
    docker.modem.dial.call(modem, { ...call, abortSignal }, (error: unknown, answer: unknown) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      answered(error && own.signal.reason === late ? late : error, answer);
    });
  };
  const modem = Object.create(docker.modem, { dial: { value: dial } });
  return Object.create(docker, { modem: { value: modem } });
}
