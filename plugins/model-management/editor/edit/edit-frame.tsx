import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Fault } from '../dialog/fault';
import { useFocusReturn } from '../focus-return';
import { FormEnd } from '../form-end';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import type { TaskState } from '../live';

/** What all forms for changing something have: the first field in focus, what is wrong in words, Save and Cancel. */
export function EditFrame({
  label,
  fault,
  state,
  onSave,
  onClose,
  children,
}: {
  readonly label: string;
  readonly fault: Fault | undefined;
  readonly state: TaskState;
  readonly onSave: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  useFocusReturn(box);
  useLayoutEffect(() => box.current?.querySelector<HTMLElement>('textarea, input')?.focus({ preventScroll: true }), []);
  return (
    <div ref={box}>
      <FormGroup class="mm-form mm-box" label={label} onSubmit={onSave}>
        {children}
        {fault && (
          <p class="mm-fault" role="alert">
            <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {t(fault.key, fault.values)}
          </p>
        )}
        <FormEnd state={state} isReady={state.status !== 'busy'} onSubmit={onSave} onCancel={onClose}>
          {t('edit.save')}
        </FormEnd>
      </FormGroup>
    </div>
  );
}

/** A field of several lines. */
export function TextField({
  label,
  value,
  placeholder,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onInput: (value: string) => void;
}) {
  return (
    <label>
      <span>{label}</span>
      <textarea
        rows={3}
        value={value}
        {...(placeholder && { placeholder })}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
