import type { JoinPlan, PlannedParent } from '../../../../lib/pipeline/join/join-plan';
import type { JoinConfig, ParentPolicy } from '../../../../lib/pipeline/join-config';
import type { WiredNode } from './wired-node';

/** How words are found: a catalogue, the editor's language, and what a person calls a node. */
export interface Wording {
  readonly text: (key: string, values?: Readonly<Record<string, string | number>>) => string;
  readonly language: string;
  readonly labelOf: (id: string) => string;
}

/** What the node waits for, in one sentence (and one more for parents that run it by themselves). */
export function joinSentence({ parents, joined }: JoinPlan, join: JoinConfig, wording: Wording): string {
  const { text } = wording;
  if (joined.length === 0) return text('join.sentence.any');
  const having = (policy: ParentPolicy): readonly PlannedParent[] => joined.filter((one) => one.policy === policy);
  const clause = (key: string, of: readonly PlannedParent[], values = {}): string =>
    of.length === 0 ? '' : text(key, { names: namesOf(of, wording), ...values });
  const each = having('each');
  const latest = having('latest');
  const sentence = [
    each.length === 1
      ? clause('join.sentence.one', each)
      : clause(`join.sentence.several.${join.key}`, each, { property: join.property }),
    clause('join.sentence.next', having('next')),
    clause('join.sentence.optional', having('optional'), { ms: join.optionalWaitMs }),
    clause('join.sentence.latest', latest),
    clause(
      'join.sentence.first',
      latest.filter((parent) => !('initial' in parent)),
    ),
  ].join('');
  const alone = parents.filter(({ policy }) => policy === 'alone');
  return [`${sentence}.`, clause('join.sentence.alone', alone)].filter(Boolean).join(' ');
}

/** What is wrong, or most likely is, in words. */
export function joinWarnings(plan: JoinPlan, join: JoinConfig, wired: WiredNode, wording: Wording): readonly string[] {
  const { text, labelOf } = wording;
  const { fault, joined } = plan;
  const each = joined.filter(({ policy }) => policy === 'each');
  const pair = join.key === 'msgid' ? wired.unrelatedPair(each.map(({ id }) => id)) : undefined;
  const cycles = wired.cycles.filter(({ parentId }) => {
    const parent = joined.find(({ id }) => id === parentId);
    return parent !== undefined && !('initial' in parent);
  });
  return [
    ...cycles.map(({ path }) =>
      text('join.fault.cycle', { path: path.map((one) => quoted(one, wording)).join(' → ') }),
    ),
    ...(fault && fault.kind !== 'cycle' ? [text(`join.fault.${fault.kind}`, { key: keyTwice(joined) })] : []),
    ...(pair ? [text('join.fault.unrelated', { names: listed(pair.map(labelOf), wording) })] : []),
  ];
}

const keyTwice = (joined: readonly PlannedParent[]): string =>
  joined.find(({ key }, index) => joined.findIndex((other) => other.key === key) !== index)?.key ?? '';

const quoted = (name: string, { text }: Wording): string => text('join.quoted', { name });

const namesOf = (parents: readonly PlannedParent[], wording: Wording): string =>
  listed(
    parents.map(({ id }) => wording.labelOf(id)),
    wording,
  );

function listed(names: readonly string[], wording: Wording): string {
  return new Intl.ListFormat(wording.language, { type: 'conjunction' }).format(
    names.map((name) => quoted(name, wording)),
  );
}
