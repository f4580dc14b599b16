import type { Model } from '../contract';
import { assignEdges, type EdgeChoice, type EdgeView } from '../edges/edge-client';
import { EdgePicker } from '../edges/edge-picker';
import { useDraft } from '../edit/use-draft';
import { FormEnd } from '../form-end';
import { FormGroup } from '../form-group';
import { t, tList } from '../i18n';
import { type Assignment, assignmentOf, changesOf, choicesOf, refKey, refOfKey, refsOf } from './assignment';
import { refText } from './ref-text';

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
      <FormEnd state={state} busy={t('edge.busy')} isReady={isReady} onSubmit={save} onCancel={onClose}>
        {t('edge.assign.save')}
      </FormEnd>
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
  const refs = refsOf(model);
  const set = (name: string, ref: number | string | undefined): void => {
    const next = new Map(wanted);
    if (ref === undefined) next.delete(name);
    else next.set(name, ref);
    onChange(next);
  };
  return (
    <EdgePicker
      edges={edges}
      isPicked={(name) => wanted.has(name)}
      onPick={(name, isPicked) => set(name, isPicked ? refs[0] : undefined)}
      more={(name) => {
        const chosen = wanted.get(name);
        return (
          chosen !== undefined && (
            <RefSelect model={model} edge={name} refs={refs} chosen={chosen} onChange={(ref) => set(name, ref)} />
          )
        );
      }}
    />
  );
}

function RefSelect({
  model,
  edge,
  refs,
  chosen,
  onChange,
}: {
  readonly model: Model;
  readonly edge: string;
  readonly refs: readonly (number | string)[];
  readonly chosen: number | string;
  readonly onChange: (ref: number | string) => void;
}) {
  // What it ran may be gone from the model; it is still what it is told.
  const offered = refs.includes(chosen) ? refs : [chosen, ...refs];
  return (
    <select
      value={refKey(chosen)}
      aria-label={t('edge.assign.version', { name: edge })}
      onChange={(event) => onChange(refOfKey(event.currentTarget.value))}
    >
      {offered.map((ref) => (
        <option key={refKey(ref)} value={refKey(ref)}>
          {refText(model, ref)}
        </option>
      ))}
    </select>
  );
}

/** "edge-2 and edge-3: deployed (v5). Not any more: edge-4." Empty: nothing changes. */
function effectOf(model: Model, before: Assignment, after: Assignment): string {
  const { given, removed } = changesOf(before, after);
  return [
    ...given.map(({ ref, edges }) => t('edge.assign.gives', { edges: tList(edges), version: refText(model, ref) })),
    ...(removed.length > 0 ? [t('edge.assign.takes', { edges: tList(removed), name: model.name })] : []),
  ].join(' ');
}
