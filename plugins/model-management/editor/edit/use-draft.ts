import { useState } from 'preact/hooks';
import { announce } from '../announce';
import type { Fault } from '../dialog/fault';
import { t } from '../i18n';
import { type TaskState, useTask } from '../live';

/**
 * The state of a form that changes something. It starts from what was there when it opened, and sends only what was
 * changed since: another's changes to other fields stay.
 */
export function useDraft<D extends object, P extends object>({
  initial,
  changes,
  send,
  onDone,
  onClose,
}: {
  readonly initial: D;
  readonly changes: (before: D, draft: D) => { readonly patch: P } | { readonly fault: Fault };
  readonly send: (patch: P, signal: AbortSignal) => Promise<unknown>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}): {
  /** What was there when it opened. */
  readonly before: D;
  readonly draft: D;
  readonly change: (part: Partial<D>) => void;
  /** What is wrong, once saving was tried. */
  readonly fault: Fault | undefined;
  readonly state: TaskState;
  readonly save: () => void;
} {
  const [before] = useState(initial);
  const [draft, setDraft] = useState(initial);
  const [isTried, setTried] = useState(false);
  const { state, start, reset } = useTask();
  const outcome = changes(before, draft);
  const save = (): void => {
    setTried(true);
    if ('fault' in outcome || state.status === 'busy') return;
    const { patch } = outcome;
    if (Object.keys(patch).length === 0) onClose();
    else
      start(async (signal) => {
        await send(patch, signal);
        announce(t('edit.done'));
        onDone();
        onClose();
      });
  };
  const change = (part: Partial<D>): void => {
    if (state.status === 'failed') reset();
    setDraft({ ...draft, ...part });
  };
  return { before, draft, change, fault: isTried && 'fault' in outcome ? outcome.fault : undefined, state, save };
}
