import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import type { Entry } from './drafts';

/** Names with values, a row each; rows come and go by button, and the focus follows. */
export function EntryRows({
  label,
  add,
  entries,
  onChange,
}: {
  readonly label: string;
  /** Word of the button that adds a row. */
  readonly add: string;
  readonly entries: readonly Entry[];
  readonly onChange: (entries: readonly Entry[]) => void;
}) {
  const box = useRef<HTMLFieldSetElement>(null);
  const wasCount = useRef(entries.length);
  useLayoutEffect(() => {
    const names = box.current?.querySelectorAll<HTMLInputElement>('.mm-entry-name');
    const button = box.current?.querySelector<HTMLButtonElement>('.mm-entry-add');
    if (entries.length > wasCount.current) names?.item(names.length - 1)?.focus();
    else if (entries.length < wasCount.current) button?.focus();
    wasCount.current = entries.length;
  }, [entries.length]);
  const change = (at: number, part: Partial<Entry>): void =>
    onChange(entries.map((entry, index) => (index === at ? { ...entry, ...part } : entry)));
  return (
    <fieldset ref={box} class="mm-entries">
      <legend>{label}</legend>
      {entries.map(({ name, value }, index) => (
        <div class="mm-entry" key={index}>
          <input
            type="text"
            class="mm-entry-name"
            value={name}
            spellcheck={false}
            aria-label={t('edit.nameOf', { what: label, number: index + 1 })}
            placeholder={t('edit.name')}
            onInput={(event) => change(index, { name: event.currentTarget.value })}
          />
          <input
            type="text"
            value={value}
            spellcheck={false}
            aria-label={t('edit.valueOf', { what: label, number: index + 1 })}
            placeholder={t('edit.value')}
            onInput={(event) => change(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="red-ui-button red-ui-button-small"
            aria-label={t('edit.remove', { name: name || String(index + 1) })}
            title={t('edit.remove', { name: name || String(index + 1) })}
            onClick={() => onChange(entries.filter((_, at) => at !== index))}
          >
            <i class="fa fa-times" aria-hidden="true" />
          </button>
        </div>
      ))}
      <button
        type="button"
        class="red-ui-button red-ui-button-small mm-entry-add"
        onClick={() => onChange([...entries, { name: '', value: '' }])}
      >
        <i class="fa fa-plus" aria-hidden="true" /> {add}
      </button>
    </fieldset>
  );
}
