import { useRef } from 'preact/hooks';
import type { JoinConfig } from '../../../../lib/pipeline/join-config';
import { ChoiceRow, CountRow, Row, TextRow } from '../dialog/rows';
import { t } from '../i18n';
import { joinSentence, joinWarnings, type Wording } from './join-sentence';
import {
  arrangeParents,
  changeParent,
  type ListChange,
  type ListedParent,
  planOf,
  type StoredJoin,
} from './parent-list';
import { ParentRow } from './parent-row';
import type { JoiningNode } from './use-joining-node';

export interface JoinFieldsProps {
  readonly stored: StoredJoin;
  readonly node: JoiningNode;
  readonly list: readonly ListedParent[];
  readonly onJoin: (join: JoinConfig) => void;
  /** The list itself changed. */
  readonly onList: (change: ListChange) => void;
}

/** How the results of several parents come together; nothing where there are none to join. */
export function JoinFields({ stored, node, list, onJoin, onList }: JoinFieldsProps) {
  if (list.length < 2) return null;
  const { join } = stored;
  const plan = planOf(stored, node.wired);
  const wording: Wording = { text: t, language: RED.i18n.lang(), labelOf: node.labelOf };
  const set = (change: Partial<JoinConfig>): void => onJoin({ ...join, ...change });
  const isJoining = join.mode === 'all';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
    <div role="group" aria-label={t('join.title')} class="mm-join">
      <ChoiceRow
        icon="fa-sign-in"
        label={t('join.mode.label')}
        value={join.mode}
        options={(['all', 'any'] as const).map((value) => ({ value, text: t(`join.mode.${value}`) }))}
        onChange={(mode) => set({ mode: mode === 'any' ? 'any' : 'all' })}
      />
      <Row icon="fa-sitemap" label={t('join.parents')}>
        <p class="mm-join-sentence" role="status">
          {joinSentence(plan, join, wording)}
        </p>
        {joinWarnings(plan, join, node.wired, wording).map((warning) => (
          <p key={warning} class="mm-warning" role="alert">
            <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {warning}
          </p>
        ))}
        <ParentRows {...{ stored, node, list, isJoining, onList }} />
      </Row>
      {isJoining && <JoinOptions join={join} set={set} />}
    </div>
  );
}

function ParentRows({
  stored,
  node: { labelOf },
  list,
  isJoining,
  onList,
}: Omit<JoinFieldsProps, 'onJoin'> & { readonly isJoining: boolean }) {
  const ids = list.map(({ id }) => id);
  const wired = list.flatMap(({ planned }) => planned ?? []);
  const lost = list.filter(({ planned }) => !planned);
  const rows = useRef<HTMLOListElement>(null);
  const moveUp = (at: number) => (): void => {
    const [own, before] = [wired[at]?.id ?? '', wired[at - 1]?.id ?? ''];
    const swapped = ids.map((id) => (id === own ? before : id === before ? own : id));
    onList(arrangeParents(stored, list, swapped));
  };
  return (
    <>
      <ol ref={rows} class="mm-parents" tabIndex={-1} aria-label={t('join.parents')}>
        {wired.map((parent, at) => (
          <ParentRow
            key={parent.id}
            parent={parent}
            place={at}
            label={labelOf(parent.id)}
            storedKey={stored.join.parents[stored.parentIds.indexOf(parent.id)]?.key ?? ''}
            isJoining={isJoining}
            onChange={(change) => onList(changeParent(stored, list, parent.id, change))}
            onMoveUp={moveUp(at)}
          />
        ))}
      </ol>
      {lost.length > 0 && (
        <p class="mm-hint">
          {t('join.lost', { names: lost.map(({ id }) => labelOf(id)).join(', ') })}{' '}
          <button
            type="button"
            class="mm-link"
            onClick={() => {
              // This button goes with what is forgotten; where nothing is left to join, the list goes as well.
              const stays = wired.length < 2 ? firstField(rows.current) : rows.current;
              stays?.focus({ preventScroll: true });
              onList(
                arrangeParents(
                  stored,
                  list,
                  wired.map(({ id }) => id),
                ),
              );
            }}
          >
            {t('join.forget')}
          </button>
        </p>
      )}
    </>
  );
}

const firstField = (inside: HTMLElement | null): HTMLElement | null | undefined =>
  inside?.closest('.mm-dialog')?.querySelector<HTMLElement>('input, select');

/** What counts as one run, what the results are called, and the limits; these folded away. */
function JoinOptions({
  join,
  set,
}: {
  readonly join: JoinConfig;
  readonly set: (change: Partial<JoinConfig>) => void;
}) {
  const count = (icon: string, key: 'timeoutMs' | 'optionalWaitMs' | 'maxWaiting') => (
    <CountRow
      icon={icon}
      label={t(`join.${key}.label`)}
      value={join[key]}
      least={0}
      unit={t(`join.${key}.unit`)}
      onChange={(value) => set({ [key]: value })}
    />
  );
  return (
    <>
      <ChoiceRow
        icon="fa-random"
        label={t('join.run.label')}
        value={join.key}
        options={(['msgid', 'property', 'none'] as const).map((value) => ({ value, text: t(`join.run.${value}`) }))}
        onChange={(key) => set({ key: key === 'property' || key === 'none' ? key : 'msgid' })}
      />
      {join.key === 'property' && (
        <TextRow
          icon="fa-ellipsis-h"
          label={t('join.property')}
          value={join.property}
          placeholder={t('join.propertyExample')}
          onInput={(property) => set({ property })}
        />
      )}
      <ChoiceRow
        icon="fa-tag"
        label={t('join.parentKeys.label')}
        value={join.parentKeys}
        options={(['id', 'name'] as const).map((value) => ({ value, text: t(`join.parentKeys.${value}`) }))}
        onChange={(kind) => set({ parentKeys: kind === 'name' ? 'name' : 'id' })}
      />
      <details class="mm-limits">
        <summary>{t('join.limits')}</summary>
        {count('fa-clock-o', 'timeoutMs')}
        {count('fa-hourglass-half', 'optionalWaitMs')}
        {count('fa-inbox', 'maxWaiting')}
        <Row icon="fa-envelope-o" label={t('join.keepParents.label')}>
          <label class="mm-check">
            <input
              type="checkbox"
              checked={join.keepParents}
              onChange={(event) => set({ keepParents: event.currentTarget.checked })}
            />{' '}
            {t('join.keepParents.hint')}
          </label>
        </Row>
      </details>
    </>
  );
}
