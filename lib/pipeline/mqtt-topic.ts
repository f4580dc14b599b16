const MAX_TOPIC_BYTES = 65_535;

/** True for what both kinds of topics must be: 1 to 65,535 bytes of UTF-8 without NUL. */
function isTopicText(text: string): boolean {
  return text !== '' && text.isWellFormed() && !text.includes('\u0000') && Buffer.byteLength(text) <= MAX_TOPIC_BYTES;
}

/** Something to publish on: no wildcards. */
export function isTopicName(text: string): boolean {
  return isTopicText(text) && !/[+#]/.test(text);
}

/**
 * Something to subscribe to: `+` stands for one whole level, `#` for all that follow.
 * @see https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901241
 */
export function isTopicFilter(text: string): boolean {
  if (!isTopicText(text)) return false;
  const levels = text.split('/');
  return levels.every(
    (level, index) => level === '+' || (level === '#' && index === levels.length - 1) || !/[+#]/.test(level),
  );
}

/**
 * Whether some topic would match both filters.
 * @see https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901241
 */
export function doFiltersOverlap(a: string, b: string): boolean {
  const [as, bs] = [levelsOf(a), levelsOf(b)];
  for (let index = 0; ; index += 1) {
    const [one, other] = [as[index], bs[index]];
    // Wildcards at the beginning match no topic that begins with `$`.
    if (index === 0 && [one, other].some(isWildcard) && [one, other].some((level) => level?.startsWith('$')))
      return false;
    // `#` stands for the level before it as well.
    if (one === '#' || other === '#') return true;
    if (one === undefined || other === undefined) return one === other;
    if (one !== '+' && other !== '+' && one !== other) return false;
  }
}

const isWildcard = (level: string | undefined): boolean => level === '+' || level === '#';

/** Of a shared subscription those of the filter in it. */
function levelsOf(filter: string): readonly string[] {
  const levels = filter.split('/');
  return levels[0] === '$share' ? levels.slice(2) : levels;
}
