import assert from 'node:assert/strict';
import type { LibraryWithSource } from '../../../plugins/model-management/editor/libraries/contract';
import {
  type Draft,
  type DraftEvent,
  isChanged,
  isUnsaved,
  newDraft,
  reduceDraft,
  type Template,
  wouldLose,
} from '../../../plugins/model-management/editor/libraries/library-draft';

function stored(revision: number, source: string, description = ''): LibraryWithSource {
  return {
    name: 'pipelib_a',
    revision,
    source,
    description,
    builtIn: false,
    usedBy: [],
  } as unknown as LibraryWithSource;
}

const arrived = (revision: number, source: string): DraftEvent => ({
  kind: 'arrived',
  library: stored(revision, source),
});
const answered = (revision: number, source: string): DraftEvent => ({
  kind: 'stored',
  library: stored(revision, source),
});
const typed = (source: string): DraftEvent => ({ kind: 'typed', source });
const sent = (source: string): DraftEvent => ({ kind: 'sent', typed: { source, description: '' } });

function play(events: readonly DraftEvent[], first?: Draft): Draft {
  const draft = events.reduce(reduceDraft, first);
  assert.ok(draft);
  return draft;
}

/** What a person sees of a draft, and what the next saving stands on. */
function shown(draft: Draft): object {
  const { source, text, base, theirs, news, isGone } = draft;
  return {
    typed: source,
    editor: text.value,
    base: base?.revision,
    ...(theirs && { theirs: theirs.revision }),
    ...(news && { news: news.revision }),
    ...(isGone && { isGone }),
    changed: isChanged(draft),
  };
}

describe('a library in its tray', () => {
  for (const { name, events, template, after } of [
    {
      name: 'shows what arrives',
      events: [arrived(1, 'a')],
      after: { typed: 'a', editor: 'a', base: 1, changed: false },
    },
    {
      name: 'keeps what is typed and knows that it is not stored',
      events: [arrived(1, 'a'), typed('b')],
      after: { typed: 'b', editor: 'a', base: 1, changed: true },
    },
    {
      name: 'is unchanged again when the old text is typed back',
      events: [arrived(1, 'a'), typed('b'), typed('a')],
      after: { typed: 'a', editor: 'a', base: 1, changed: false },
    },
    {
      name: 'does not take other ends of lines for a change',
      events: [arrived(1, 'a\r\nb\r\n'), typed('a\nb\n')],
      after: { typed: 'a\nb\n', editor: 'a\r\nb\r\n', base: 1, changed: false },
    },
    {
      name: 'takes over what somebody else stored while nothing is typed, and says so',
      events: [arrived(1, 'a'), arrived(2, 'b')],
      after: { typed: 'b', editor: 'b', base: 2, news: 2, changed: false },
    },
    {
      name: 'goes on saying so when the code editor tells of the text that was put in',
      events: [arrived(1, 'a'), arrived(2, 'b'), typed('b')],
      after: { typed: 'b', editor: 'b', base: 2, news: 2, changed: false },
    },
    {
      name: 'leaves what is typed alone when somebody else stores',
      events: [arrived(1, 'a'), typed('mine'), arrived(2, 'theirs')],
      after: { typed: 'mine', editor: 'a', base: 1, theirs: 2, changed: true },
    },
    {
      name: 'follows when somebody else stores once more',
      events: [arrived(1, 'a'), typed('mine'), arrived(2, 'b'), arrived(3, 'c')],
      after: { typed: 'mine', editor: 'a', base: 1, theirs: 3, changed: true },
    },
    {
      name: 'takes theirs when told so',
      events: [arrived(1, 'a'), typed('mine'), arrived(2, 'theirs'), { kind: 'theirsTaken' }],
      after: { typed: 'theirs', editor: 'theirs', base: 2, changed: false },
    },
    {
      name: 'stands on its own revision once it is stored over theirs',
      events: [arrived(1, 'a'), typed('mine'), arrived(2, 'theirs'), sent('mine'), answered(3, 'mine')],
      after: { typed: 'mine', editor: 'a', base: 3, changed: false },
    },
    {
      name: 'does not take its own saving for that of somebody else, whichever news comes first',
      events: [arrived(1, 'a'), typed('mine'), sent('mine'), arrived(2, 'mine'), answered(2, 'mine')],
      after: { typed: 'mine', editor: 'a', base: 2, changed: false },
    },
    {
      name: 'keeps what is typed while the saving is under way',
      events: [arrived(1, 'a'), typed('b'), sent('b'), typed('c'), answered(2, 'b')],
      after: { typed: 'c', editor: 'a', base: 2, changed: true },
    },
    {
      name: 'also when the news of the saving comes before its answer',
      events: [arrived(1, 'a'), typed('b'), sent('b'), typed('c'), arrived(2, 'b'), answered(2, 'b')],
      after: { typed: 'c', editor: 'a', base: 2, changed: true },
    },
    {
      name: 'shows a revision that was restored',
      events: [arrived(2, 'b'), typed('mine'), answered(3, 'a')],
      after: { typed: 'a', editor: 'a', base: 3, changed: false },
    },
    {
      name: 'is as before when the saving was refused',
      events: [arrived(1, 'a'), typed('b'), sent('b'), { kind: 'refused' }, arrived(2, 'c')],
      after: { typed: 'b', editor: 'a', base: 1, theirs: 2, changed: true },
    },
    {
      name: 'meets no conflict with itself when the saving was given up after it had been stored',
      events: [arrived(1, 'a'), typed('b'), sent('b'), { kind: 'refused' }, arrived(2, 'b')],
      after: { typed: 'b', editor: 'a', base: 2, changed: false },
    },
    {
      name: 'goes on waiting for its answer when somebody stores what was typed meanwhile',
      events: [arrived(1, 'a'), typed('b'), sent('b'), typed('c'), arrived(2, 'c'), answered(3, 'b')],
      after: { typed: 'c', editor: 'a', base: 3, changed: true },
    },
    {
      name: 'begun with a copy, does not lose it to a library that somebody made meanwhile',
      template: { source: 'copied', description: '', isCopy: true },
      events: [arrived(1, 'theirs')],
      after: { typed: 'copied', editor: 'copied', base: undefined, theirs: 1, changed: false },
    },
    {
      name: 'drops an answer that was overtaken',
      events: [arrived(1, 'a'), typed('b'), sent('b'), answered(2, 'b'), arrived(1, 'a')],
      after: { typed: 'b', editor: 'a', base: 2, changed: false },
    },
    {
      name: 'goes back to what it began with',
      events: [arrived(1, 'a'), typed('b'), { kind: 'discarded' }],
      after: { typed: 'a', editor: 'a', base: 1, changed: false },
    },
    {
      name: 'keeps the text of a library that was deleted',
      events: [arrived(1, 'a'), typed('b'), { kind: 'gone' }],
      after: { typed: 'b', editor: 'a', base: undefined, isGone: true, changed: true },
    },
    {
      name: 'meets a library that was deleted and made again',
      events: [arrived(1, 'a'), typed('b'), { kind: 'gone' }, arrived(3, 'c')],
      after: { typed: 'b', editor: 'a', base: undefined, theirs: 3, changed: true },
    },
    {
      name: 'begins with a template, which the server need not know',
      template: { source: 'new', description: '' },
      events: [{ kind: 'gone' }],
      after: { typed: 'new', editor: 'new', base: undefined, changed: false },
    },
    {
      name: 'begun with a template, meets a library that somebody made meanwhile',
      template: { source: 'new', description: '' },
      events: [typed('mine'), arrived(1, 'theirs')],
      after: { typed: 'mine', editor: 'new', base: undefined, theirs: 1, changed: true },
    },
    {
      name: 'has no theirs left when an older one was stored over knowingly and a newer one came',
      events: [arrived(1, 'a'), typed('mine'), arrived(2, 'b'), sent('mine'), answered(3, 'mine'), arrived(4, 'c')],
      after: { typed: 'c', editor: 'c', base: 4, news: 4, changed: false },
    },
  ] satisfies readonly {
    name: string;
    events: readonly DraftEvent[];
    template?: Template;
    after: object;
  }[]) {
    it(name, () => assert.deepEqual(shown(play(events, template && newDraft(template))), after));
  }

  it('of which nothing arrived yet, is nothing', () => {
    assert.equal(reduceDraft(undefined, { kind: 'gone' }), undefined);
    assert.equal(reduceDraft(undefined, typed('a')), undefined);
  });

  it('counts a new description as a change', () => {
    const draft = play([arrived(1, 'a'), { kind: 'typed', description: 'why' }]);
    assert.equal(isChanged(draft), true);
    assert.equal(draft.source, 'a');
  });

  it('not stored yet can be saved though nothing would be lost', () => {
    const draft = newDraft({ source: 'a', description: '' });
    assert.deepEqual([isChanged(draft), isUnsaved(draft)], [false, true]);
  });

  it('begun with a copy would lose it until it is stored, and begun with a template only what is typed', () => {
    const copy = newDraft({ source: 'a', description: '', isCopy: true });
    assert.equal(wouldLose(copy), true);
    assert.equal(wouldLose(play([sent('a'), answered(1, 'a')], copy)), false);
    const made = newDraft({ source: 'a', description: '' });
    assert.deepEqual([wouldLose(made), wouldLose(play([typed('b')], made))], [false, true]);
  });

  it('puts a text into the code editor only when that has to change', () => {
    const before = play([arrived(1, 'a'), typed('b')]);
    assert.equal(play([arrived(1, 'a'), arrived(1, 'a')], before).text, before.text);
    assert.notEqual(play([{ kind: 'discarded' }], before).text, before.text);
  });
});
