import { useLayoutEffect, useRef } from 'preact/hooks';
import { useFocusReturn } from '../focus-return';
import { t } from '../i18n';
import { Leave } from '../model/frame';
import { ModelDetail } from '../model/model-detail';

/** A model beside the list, with the focus in it; the list gets it back. */
export function ModelBeside({
  name,
  hidden,
  onClose,
}: {
  readonly name: string;
  /** There is no room for it now; what was typed waits until there is. */
  readonly hidden: boolean;
  readonly onClose: () => Promise<void>;
}) {
  const box = useRef<HTMLElement>(null);
  useFocusReturn(box);
  useLayoutEffect(() => box.current?.focus({ preventScroll: true }), []);
  return (
    <Leave.Provider value={onClose}>
      <section ref={box} class="mm-pane mm-beside" hidden={hidden} tabIndex={-1} aria-label={t('tray.title', { name })}>
        <button type="button" class="red-ui-button red-ui-button-small mm-close" onClick={onClose}>
          {t('action.close')}
        </button>
        <ModelDetail name={name} />
      </section>
    </Leave.Provider>
  );
}
