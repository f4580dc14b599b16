/** What every library's name begins with; the rest is the user's. */
export const PREFIX = 'pipelib_';

const LONGEST = 56;

export type NameFault = 'characters' | 'length' | 'taken';

/** What was typed or pasted behind the fixed prefix: a whole name loses it. */
export function endingOf(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith(PREFIX) ? trimmed.slice(PREFIX.length) : trimmed;
}

/** Why a library cannot be called that; undefined = it can, or nothing stands there yet. */
export function nameFault(ending: string, known: readonly string[]): NameFault | undefined {
  if (!/^[A-Za-z0-9_]*$/.test(ending)) return 'characters';
  if (ending.length > LONGEST) return 'length';
  return known.includes(`${PREFIX}${ending}`) ? 'taken' : undefined;
}

export const isLibraryName = (name: string): boolean =>
  name.startsWith(PREFIX) && name.length > PREFIX.length && !nameFault(name.slice(PREFIX.length), []);

/** A free name for a copy of `name`. */
export function copyName(name: string, known: readonly string[]): string {
  const stem = endingOf(name).slice(0, LONGEST - 8);
  for (let count = 1; ; count += 1) {
    const ending = count === 1 ? `${stem}_copy` : `${stem}_copy${count}`;
    if (!nameFault(ending, known)) return ending;
  }
}
