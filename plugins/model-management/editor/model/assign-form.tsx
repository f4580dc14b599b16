import { useState } from 'preact/hooks';
import type { Model } from '../contract';
import { assignEdges, type EdgeChoice, type EdgeView } from '../edges/edge-client';
import { useDraft } from '../edit/use-draft';
import { Busy, ErrorBox } from '../feedback';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import { holdsWords } from '../list/search';
import { SteadyButton } from '../steady-button';
import { type Assignment, assignmentOf, changesOf, choicesOf, refKey, refOfKey, refsOf } from './assignment';
import { refText } from './ref-text';

/** From here on a search is quicker than looking. */
const SEARCH_FROM = 8;

interface Draft {
  readonly wanted: Assignment;
}

interface Patch {
  /** The whole list: an edge that is left out runs it no more. */
  readonly edges: readonly EdgeChoice[];
}

/** Says which edges run the model, and which version of it; what that changes is said before it is done. */
export function AssignForm({
  model,
  edges,
  onDone,
  onClose,
}: {
  readonly model: Model;
  readonly edges: readonly EdgeView[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { before, draft, change, state, save } = useDraft<Draft, Patch>({
    initial: { wanted: assignmentOf(model) },
    changes: (_, { wanted }) => ({ patch: { edges: choicesOf(wanted) } }),
    send: ({ edges: choices }, signal) => assignEdges(model.name, choices, signal),
    onDone,
    onClose,
  });
  const effect = effectOf(model, before.wanted, draft.wanted);
  const isReady = effect !== '' && state.status !== 'busy';
  return (
    <FormGroup
      class="mm-form mm-box"
      label={t('edge.assign.title')}
      onSubmit={() => isReady && save()}
      onEscape={onClose}
    >
      <EdgeChoices model={model} edges={edges} wanted={draft.wanted} onChange={(wanted) => change({ wanted })} />
      <p role="status">{effect || t('edge.assign.nothing')}</p>
      {state.status === 'busy' && <Busy text={t('edge.busy')} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <div class="mm-buttons">
        <SteadyButton primary off={!isReady} onClick={save}>
          {t('edge.assign.save')}
        </SteadyButton>
        <button type="button" class="red-ui-button" onClick={onClose}>
          {t('action.cancel')}
        </button>
      </div>
    </FormGroup>
  );
}

function EdgeChoices({
  model,
  edges,
  wanted,
  onChange,
}: {
  readonly model: Model;
  readonly edges: readonly EdgeView[];
  readonly wanted: Assignment;
  readonly onChange: (wanted: Assignment) => void;
}) {
  const [search, setSearch] = useState('');
  const found = edges.filter(({ name, labels }) => holdsWords({ name, description: labels.join(' ') }, search));
  const page = usePage(found);
  const refs = refsOf(model);
  const set = (name: string, ref: number | string | undefined): void => {
    const next = new Map(wanted);
    if (ref === undefined) next.delete(name);
    else next.set(name, ref);
    onChange(next);
  };
  return (
    <>
      {edges.length >= SEARCH_FROM && (
        <input
          type="search"
          value={search}
          placeholder={t('edge.list.search')}
          aria-label={t('edge.list.search')}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <ul class="mm-choices" aria-label={t('tab.edges')}>
        {page.shown.map(({ name }) => (
          <Choice key={name} model={model} name={name} refs={refs} wanted={wanted.get(name)} onChange={set} />
        ))}
      </ul>
      {page.total > page.shown.length && <Pager page={page} />}
    </>
  );
}

function Choice({
  model,
  name,
  refs,
  wanted,
  onChange,
}: {
  readonly model: Model;
  readonly name: string;
  readonly refs: readonly (number | string)[];
  readonly wanted: number | string | undefined;
  readonly onChange: (name: string, ref: number | string | undefined) => void;
}) {
  // What it ran may be gone from the model; it is still what it is told.
  const offered = wanted === undefined || refs.includes(wanted) ? refs : [wanted, ...refs];
  return (
    <li>
      <label class="mm-check">
        <input
          type="checkbox"
          checked={wanted !== undefined}
          onChange={(event) => onChange(name, event.currentTarget.checked ? refs[0] : undefined)}
        />{' '}
        {name}
      </label>
      {wanted !== undefined && (
        <select
          value={refKey(wanted)}
          aria-label={t('edge.assign.version', { name })}
          onChange={(event) => onChange(name, refOfKey(event.currentTarget.value))}
        >
          {offered.map((ref) => (
            <option key={refKey(ref)} value={refKey(ref)}>
              {refText(model, ref)}
            </option>
          ))}
        </select>
      )}
    </li>
  );
}

/** "edge-2 and edge-3: deployed (v5). Not any more: edge-4." Empty: nothing changes. */
function effectOf(model: Model, before: Assignment, after: Assignment): string {
  const list = new Intl.ListFormat(RED.i18n.lang());
  const { given, removed } = changesOf(before, after);
  return [
    ...given.map(({ ref, edges }) =>
      t('edge.assign.gives', { edges: list.format(edges), version: refText(model, ref) }),
    ),
    ...(removed.length > 0 ? [t('edge.assign.takes', { edges: list.format(removed), name: model.name })] : []),
  ].join(' ');
}
