import { useId, useState } from 'preact/hooks';
import { ErrorBox } from '../feedback';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useResource } from '../live';
import { ChoiceField } from '../widgets/choice-field';
import { fetchLibraries } from './library-client';
import type { Template, Typed } from './library-draft';
import { copyName, endingOf, nameFault, PREFIX } from './library-name';
import type { LibraryTrayOptions } from './library-tray';
import { copyOf as copySource, type Form, forms, templateOf } from './templates';

/** Asks for a name, and for the form unless it is a copy. Nothing is stored before the person saves. */
export function NewLibrary({
  suggestion = '',
  copyOf,
  onCreate,
  onClose,
}: {
  /** The whole name, or its ending. */
  readonly suggestion?: string;
  readonly copyOf?: Typed & { readonly name: string };
  readonly onCreate: (library: LibraryTrayOptions) => void;
  readonly onClose: () => void;
}) {
  const known = useResource(fetchLibraries, []);
  const names = known.data?.map(({ name }) => name) ?? [];
  const [typed, setTyped] = useState<string>();
  const [form, setForm] = useState<Form>('commonJs');
  const ending = typed ?? (copyOf ? copyName(copyOf.name, names) : endingOf(suggestion));
  const fault = nameFault(ending, names);
  const isComplete = ending !== '' && !fault && known.data !== undefined;
  const create = (): void => {
    if (!isComplete) return;
    const name = `${PREFIX}${ending}`;
    const template: Template = copyOf
      ? { source: copySource(copyOf.source, copyOf.name, name), description: copyOf.description, isCopy: true }
      : { source: templateOf(form, name, (key) => t(`library.template.${key}`)), description: '' };
    onCreate({ name, template });
  };
  return (
    <FormGroup class="mm-form mm-question" label={t('library.new')} onSubmit={create}>
      <NameField ending={ending} isWrong={fault !== undefined} onInput={(text) => setTyped(endingOf(text))} />
      <p class="mm-hint" role="status">
        {fault ? t(`library.nameFault.${fault}`, { name: `${PREFIX}${ending}` }) : t('library.nameHint')}
      </p>
      {!copyOf && (
        <ChoiceField
          label={t('library.form.label')}
          value={form}
          options={forms.map((one) => ({ value: one, text: t(`library.form.${one}`) }))}
          onChange={setForm}
        />
      )}
      {known.error && <ErrorBox error={known.error} onRetry={known.reload} />}
      <div class="mm-buttons">
        <button type="button" class="red-ui-button primary" disabled={!isComplete} onClick={create}>
          {t('library.write')}
        </button>
        <button type="button" class="red-ui-button" onClick={onClose}>
          {t('action.cancel')}
        </button>
      </div>
    </FormGroup>
  );
}

/** The prefix stands there fixed; only what follows is typed. */
function NameField({
  ending,
  isWrong,
  onInput,
}: {
  readonly ending: string;
  readonly isWrong: boolean;
  readonly onInput: (text: string) => void;
}) {
  const id = useId();
  return (
    <div class="mm-name">
      <label for={id}>{t('library.name')}</label>
      <span class="mm-name-field">
        <span aria-hidden="true">{PREFIX}</span>
        <input
          id={id}
          type="text"
          value={ending}
          spellcheck={false}
          autoComplete="off"
          aria-invalid={isWrong}
          aria-label={t('library.nameAfter', { prefix: PREFIX })}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </span>
    </div>
  );
}
