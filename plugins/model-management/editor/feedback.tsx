import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ApiError } from './api';
import { useFocusReturn } from './focus-return';
import { t } from './i18n';
import { useReveal } from './reveal';

/** The server's words and what to do; stays until it is read. */
export function ErrorBox({
  error,
  intro,
  onRetry,
  children,
}: {
  readonly error: ApiError;
  /** A sentence before it: what is still so in spite of the failure. */
  readonly intro?: string;
  readonly onRetry?: () => void;
  /** A way to the place of the fault. */
  readonly children?: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  useReveal(box);
  const known = error.code === 'NETWORK' || error.code === 'ABORTED';
  return (
    <div ref={box} class="mm-error" role="alert">
      <i class="fa fa-exclamation-triangle" aria-hidden="true" />
      <div>
        <strong>{known ? t(`error.${error.code}.message`) : error.message}</strong>
        {(known || error.hint) && <p>{known ? t(`error.${error.code}.hint`) : error.hint}</p>}
        {intro && <p>{intro}</p>}
        {children}
        {onRetry && (
          <button type="button" class="red-ui-button red-ui-button-small" onClick={onRetry}>
            {t('action.retry')}
          </button>
        )}
      </div>
    </div>
  );
}

/** Shown only when the wait passes 300 ms (by style); a way out, where there is one, after 3 s. */
export function Busy({
  text,
  onCancel,
  onLeave,
}: {
  readonly text: string;
  /** Ends the work. */
  readonly onCancel?: () => void;
  /** Looks away; the work goes on. */
  readonly onLeave?: () => void;
}) {
  return (
    <div class="mm-busy">
      <span role="status">
        <i class="fa fa-circle-o-notch fa-spin" aria-hidden="true" /> {text}
      </span>
      {onCancel && (
        <button type="button" class="red-ui-button red-ui-button-small mm-late" onClick={onCancel}>
          {t('action.cancel')}
        </button>
      )}
      {onLeave && (
        <button
          type="button"
          class="red-ui-button red-ui-button-small mm-late"
          title={t('wait.goesOn')}
          onClick={onLeave}
        >
          {t('wait.leave')}
        </button>
      )}
    </div>
  );
}

/** A question in place, before something changes; takes the focus, Escape says no. */
export function Question({
  children,
  confirm,
  danger,
  onConfirm,
  onCancel,
}: {
  readonly children: ComponentChildren;
  readonly confirm: string;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useReveal(box);
  useFocusReturn(box);
  useLayoutEffect(() => button.current?.focus({ preventScroll: true }), []);
  return (
    <div
      ref={box}
      class="mm-question"
      role="alertdialog"
      aria-label={confirm}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onCancel();
      }}
    >
      <div>{children}</div>
      <div class="mm-buttons">
        <button
          ref={button}
          type="button"
          class={`red-ui-button ${danger ? 'mm-danger' : 'primary'}`}
          onClick={onConfirm}
        >
          {confirm}
        </button>
        <button type="button" class="red-ui-button" onClick={onCancel}>
          {t('action.cancel')}
        </button>
      </div>
    </div>
  );
}
