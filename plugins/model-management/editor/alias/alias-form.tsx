import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../announce';
import type { Model } from '../contract';
import { Question } from '../feedback';
import { useFocusReturn } from '../focus-return';
import { FormEnd } from '../form-end';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useTask } from '../live';
import { Differences, differencesOf } from '../model/differences';
import { setAlias } from '../registry-client';
import { aliasFault, aliasVersion, moveEffect } from './alias-effect';

/** Gives a version a name, new or taken from another version; what that changes is said before it is done. */
export function AliasForm({
  model,
  version,
  onDone,
  onClose,
}: {
  readonly model: Model;
  readonly version: number;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const [alias, setName] = useState('');
  const { state, start } = useTask();
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  useFocusReturn(box);
  useLayoutEffect(() => field.current?.focus({ preventScroll: true }), []);
  const fault = aliasFault(alias);
  const isReady = fault === undefined && state.status !== 'busy';
  const run = (force: boolean): void =>
    start(async (signal) => {
      await setAlias(
        model.name,
        alias,
        { version, expectedVersion: aliasVersion(model, alias) ?? null, force },
        signal,
      );
      announce(t('alias.done', { alias, version }));
      onDone();
      onClose();
    });
  if (state.status === 'failed' && state.error.code === 'SIGNATURE_CHANGED') {
    return (
      <Question confirm={t('alias.force', { alias, version })} danger onConfirm={() => run(true)} onCancel={onClose}>
        <p>{t('deploy.signatureChanged', { version })}</p>
        <Differences differences={differencesOf(state.error)} />
      </Question>
    );
  }
  return (
    <div ref={box}>
      <FormGroup
        class="mm-form mm-box"
        label={t('alias.title', { version })}
        onSubmit={() => isReady && run(false)}
        onEscape={onClose}
      >
        <label>
          <span>{t('alias.name')}</span>
          <input
            ref={field}
            type="text"
            value={alias}
            list={list}
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setName(event.currentTarget.value.trim())}
          />
        </label>
        <datalist id={list}>
          {Object.entries(model.aliases).map(([known, at]) => at !== version && <option key={known} value={known} />)}
        </datalist>
        <p class="mm-hint" role="status">
          {alias === '' ? t('alias.hint') : fault ? t(fault) : moveEffect(model, alias, version)}
        </p>
        <FormEnd
          state={state}
          busy={t('deploy.busy', { version })}
          onLeave={onClose}
          isReady={isReady}
          onSubmit={() => run(false)}
          onCancel={onClose}
        >
          {t('alias.set')}
        </FormEnd>
      </FormGroup>
    </div>
  );
}
