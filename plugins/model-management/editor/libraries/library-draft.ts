import type { LibraryWithSource } from './contract';
import { isSameText } from './line-diff';

/** What a person types. */
export interface Typed {
  readonly source: string;
  readonly description: string;
}

/** What a library that is not stored yet begins with. */
export interface Template extends Typed {
  /** It was written by somebody, not made here: it may stand nowhere else. */
  readonly isCopy?: true;
}

/** A library as it stands in its tray: what is typed, what it began with, and what the server holds. */
export interface Draft extends Typed {
  /** What the fields began with: the stored revision, or a template. */
  readonly start: Typed;
  /** The stored revision that the text stands on; absent: none, or not any more. */
  readonly base?: LibraryWithSource;
  /** On its way to the server. */
  readonly sent?: Typed;
  /** What somebody else stored while there were changes here. */
  readonly theirs?: LibraryWithSource;
  /** What somebody else stored was taken over, as nothing was typed here. */
  readonly news?: LibraryWithSource;
  /** Somebody deleted the library. */
  readonly isGone: boolean;
  /** It began with a copy and was never stored. */
  readonly isCopy?: true;
  /** The text for the code editor; a new object replaces what stands in it. */
  readonly text: { readonly value: string };
}

export type DraftEvent =
  | ({ readonly kind: 'typed' } & Partial<Typed>)
  /** What the server holds now. */
  | { readonly kind: 'arrived'; readonly library: LibraryWithSource }
  | { readonly kind: 'gone' }
  | { readonly kind: 'sent'; readonly typed: Typed }
  | { readonly kind: 'refused' }
  /** Answers `sent`. */
  | { readonly kind: 'stored'; readonly library: LibraryWithSource }
  | { readonly kind: 'theirsTaken' }
  /** Theirs is known; the next saving stands on it and replaces it. */
  | { readonly kind: 'mineKept' }
  | { readonly kind: 'discarded' };

export function newDraft({ isCopy, ...typed }: Template): Draft {
  return { ...typed, start: typed, isGone: false, text: { value: typed.source }, ...(isCopy && { isCopy }) };
}

const isSame = (a: Typed, b: Typed): boolean => isSameText(a.source, b.source) && a.description === b.description;

/** Whether something was typed. */
export const isChanged = (draft: Draft): boolean => !isSame(draft, draft.start);

/** Whether a text that stands only here would be lost. */
export const wouldLose = (draft: Draft): boolean => isChanged(draft) || draft.isCopy === true;

/** Whether saving would change what the server holds. */
export const isUnsaved = (draft: Draft): boolean => draft.base === undefined || isChanged(draft);

/** Whether it may be saved as it is: over what somebody else stored only when told so. */
export const isSavable = (draft: Draft): boolean => isUnsaved(draft) && draft.theirs === undefined;

const typedOf = ({ source, description }: Typed): Typed => ({ source, description });

/** The library with its text in the fields. */
function loaded(library: LibraryWithSource): Draft {
  return { ...newDraft(typedOf(library)), base: library };
}

/** The library beneath what is typed, which stays. */
function based({ source, description, text }: Draft, library: LibraryWithSource): Draft {
  return { source, description, text, start: typedOf(library), base: library, isGone: false };
}

/**
 * The next state of the tray; the only place where what is typed meets what is stored. Nothing typed is ever replaced
 * without `theirsTaken`, `discarded` or `stored`. `undefined` = nothing has arrived yet.
 */
export function reduceDraft(draft: Draft | undefined, event: DraftEvent): Draft | undefined {
  if (!draft) return event.kind === 'arrived' ? loaded(event.library) : undefined;
  const { sent, ...rest } = draft;
  switch (event.kind) {
    case 'typed':
      return typed({
        ...draft,
        source: event.source ?? draft.source,
        description: event.description ?? draft.description,
      });
    case 'arrived':
      return arrived(draft, event.library);
    case 'gone':
      return draft.base ? gone(draft) : draft;
    case 'sent':
      return { ...draft, sent: event.typed };
    case 'refused':
      return rest;
    case 'stored':
      return stored(draft, event.library);
    case 'theirsTaken':
      return draft.theirs ? loaded(draft.theirs) : draft;
    case 'mineKept':
      return draft.theirs ? { ...based(draft, draft.theirs) } : draft;
    case 'discarded':
      return withoutNews({ ...draft, ...draft.start, text: { value: draft.start.source } });
  }
}

/** Code editors tell of texts that were put in, too: only what differs was typed. */
const typed = (draft: Draft): Draft => (isChanged(draft) ? withoutNews(draft) : draft);

function arrived(draft: Draft, library: LibraryWithSource): Draft {
  const { base, sent, theirs } = draft;
  const known = Math.max(base?.revision ?? 0, theirs?.revision ?? 0);
  if (library.revision < known) return draft;
  if (library.revision === base?.revision) return { ...draft, base: library };
  if (library.revision === theirs?.revision) return { ...draft, theirs: library };
  // One's own, seen before the answer to the saving came.
  if (sent && isSame(sent, library)) return { ...based(draft, library), sent };
  // Mostly one's own as well: stored though the answer was lost or not waited for.
  if (isSame(draft, library)) return { ...based(draft, library), ...(sent && { sent }) };
  if (wouldLose(draft)) return { ...draft, theirs: library, isGone: false };
  return { ...loaded(library), news: library };
}

function gone({ base: _base, theirs: _theirs, news: _news, ...draft }: Draft): Draft {
  return { ...draft, isGone: true };
}

function stored(draft: Draft, library: LibraryWithSource): Draft {
  const { theirs, sent } = draft;
  // What was typed while it was under way stays; a revision that was restored comes into the editor.
  const next = sent && isSame(sent, library) ? based(draft, library) : loaded(library);
  return theirs && theirs.revision > library.revision ? { ...next, theirs } : next;
}

function withoutNews({ news: _news, ...draft }: Draft): Draft {
  return draft;
}
