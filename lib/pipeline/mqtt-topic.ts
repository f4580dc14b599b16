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
