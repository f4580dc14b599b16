/** Of a separator and a number: an import has a few thousand names. */
const MAX_NUMBER_LENGTH = 5;

export interface NameRule {
  isUsable(name: string): boolean;
  /** A usable name, or `''` when nothing of the original can be used. */
  suggest(original: string): string;
  /** Ends each name that is made here. */
  readonly suffix?: string;
  /** Before the number of a name that another has already. */
  readonly separator: string;
  readonly maxLength: number;
  readonly fallback: string;
  /** In lower case; those given now are added. */
  readonly taken: Set<string>;
}

/** Names that can be used and are free stay as they are, whatever their order; the others are made usable and distinct. */
export function distinctNames(originals: readonly string[], rule: NameRule): ReadonlyMap<string, string> {
  const { suffix = '' } = rule;
  const names = new Map<string, string>();
  const take = (original: string, name: string): boolean => {
    const key = name.toLowerCase();
    if (rule.taken.has(key)) return false;
    rule.taken.add(key);
    names.set(original, name);
    return true;
  };
  const given = [...new Set(originals)].filter((name) => name !== '');
  const odd = given.filter((name) => !(rule.isUsable(name) && take(name, name)));
  /** By what a base and all that are cut or written alike have in common: smaller numbers are as good as taken. */
  const nextNumbers = new Map<string, number>();
  for (const original of odd) {
    const base = rule.suggest(original) || rule.fallback;
    const nameWith = (ending: string): string => `${base.slice(0, rule.maxLength - ending.length)}${ending}`;
    if (take(original, nameWith(suffix))) continue;
    const common = base.slice(0, rule.maxLength - suffix.length - MAX_NUMBER_LENGTH).toLowerCase();
    for (let number = nextNumbers.get(common) ?? 2; ; number++) {
      nextNumbers.set(common, number + 1);
      if (take(original, nameWith(`${suffix}${rule.separator}${number}`))) break;
    }
  }
  return names;
}
