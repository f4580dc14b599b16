import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PlannedParent } from '../../../../lib/pipeline/join/join-plan';
import { t } from '../i18n';
import { parseJson } from '../json-text';
import { type ParentChange, policies } from './parent-list';

/** One parent: how its results take part, and what they are called. */
export function ParentRow({
  parent,
  place,
  label,
  storedKey,
  isJoining,
  onChange,
  onMoveUp,
}: {
  readonly parent: PlannedParent;
  /** In the list, from 0. */
  readonly place: number;
  readonly label: string;
  /** The key given to it, `''` for that of the node. */
  readonly storedKey: string;
  /** False while every message runs the node by itself. */
  readonly isJoining: boolean;
  readonly onChange: (change: ParentChange) => void;
  readonly onMoveUp: () => void;
}) {
  const { policy } = parent;
  const meaningId = useId();
  return (
    <li class="mm-parent">
      <div class="mm-parent-head">
        <span class="mm-parent-name">
          <strong>{label}</strong> {label !== parent.type && <span class="mm-hint">{parent.type}</span>}
        </span>
        {isJoining && (
          <select
            value={policy}
            aria-label={t('join.policyOf', { name: label })}
            aria-describedby={meaningId}
            onChange={({ currentTarget: { value } }) =>
              onChange({ policy: policies.find((one) => one === value) ?? 'each' })
            }
          >
            {policies.map((one) => (
              <option key={one} value={one}>
                {t(`join.policy.${one}`)}
              </option>
            ))}
          </select>
        )}
        <MoveUp label={label} place={place} onMoveUp={onMoveUp} />
      </div>
      {isJoining && (
        <p id={meaningId} class="mm-hint">
          {t(`join.meaning.${policy}`)}
        </p>
      )}
      {isJoining && policy !== 'alone' && (
        <div class="mm-parent-fields">
          <KeyField {...{ parent, label, storedKey, onChange }} />
          {policy === 'latest' && <InitialField {...{ parent, label, onChange }} />}
        </div>
      )}
    </li>
  );
}

/** Keeps the focus: a row that goes elsewhere in the page would lose it, and so would a button that is gone at the top. */
function MoveUp({
  label,
  place,
  onMoveUp,
}: {
  readonly label: string;
  readonly place: number;
  readonly onMoveUp: () => void;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const wasPressed = useRef(false);
  useLayoutEffect(() => {
    if (wasPressed.current) button.current?.focus();
    wasPressed.current = false;
  }, [place]);
  const text = t('join.moveUp', { name: label });
  return (
    <button
      ref={button}
      type="button"
      class="red-ui-button red-ui-button-small"
      aria-label={text}
      aria-disabled={place === 0}
      title={text}
      onClick={() => {
        if (place === 0) return;
        wasPressed.current = true;
        onMoveUp();
      }}
    >
      <i class="fa fa-arrow-up" aria-hidden="true" />
    </button>
  );
}

function KeyField({
  parent,
  label,
  storedKey,
  onChange,
}: {
  readonly parent: PlannedParent;
  readonly label: string;
  readonly storedKey: string;
  readonly onChange: (change: ParentChange) => void;
}) {
  // What is typed may end in a space before the next word.
  const [typed, setTyped] = useState(storedKey);
  return (
    <label>
      <span>{t('join.key')}</span>
      <input
        type="text"
        value={typed}
        placeholder={parent.key}
        spellcheck={false}
        aria-label={t('join.keyOf', { name: label })}
        onInput={({ currentTarget: { value } }) => {
          setTyped(value);
          onChange({ key: value.trim() || undefined });
        }}
      />
    </label>
  );
}

/** JSON; what cannot be read is marked and not taken over. */
function InitialField({
  parent,
  label,
  onChange,
}: {
  readonly parent: PlannedParent;
  readonly label: string;
  readonly onChange: (change: ParentChange) => void;
}) {
  const [typed, setTyped] = useState('initial' in parent ? JSON.stringify(parent.initial) : '');
  const initial = readInitial(typed);
  return (
    <label>
      <span>{t('join.initial')}</span>
      <input
        type="text"
        value={typed}
        placeholder={t('join.noInitial')}
        spellcheck={false}
        aria-label={t('join.initialOf', { name: label })}
        aria-invalid={initial === 'unreadable'}
        onInput={({ currentTarget: { value } }) => {
          setTyped(value);
          const next = readInitial(value);
          if (next !== 'unreadable') onChange({ initial: next.value });
        }}
      />
    </label>
  );
}

function readInitial(text: string): { readonly value: unknown } | 'unreadable' {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: parseJson(text) };
  } catch {
    return 'unreadable';
  }
}
