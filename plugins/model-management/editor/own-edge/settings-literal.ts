/** What is no settings: where it goes on otherwise than it should. */
export class LiteralError extends Error {}

const TOKEN =
  /\s*(?:\/\/[^\n]*\s*|\/\*[\s\S]*?\*\/\s*)*([A-Za-z_$][\w$]*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[{}[\]:,;]|$)/y;
const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null, undefined };

/**
 * Reads what a person copies out of a settings.js: one entry or an object, with names and texts as JavaScript writes
 * them; nothing of it is run.
 * @throws {LiteralError}
 */
export function readSettings(text: string): Readonly<Record<string, unknown>> {
  const tokens = tokensOf(text);
  const isEntry = tokens[1] === ':';
  const reader = new Reader(isEntry ? ['{', ...tokens, '}'] : tokens);
  const value = reader.value();
  reader.end();
  if (!isObject(value)) throw new LiteralError();
  const { modelManagement } = value;
  return isObject(modelManagement) ? modelManagement : value;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new LiteralError();
    if (token === '') break;
    tokens.push(token);
  }
  // What follows an entry or an object in its file.
  while (tokens.at(-1) === ',' || tokens.at(-1) === ';') tokens.pop();
  return tokens;
}

class Reader {
  #at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  end(): void {
    if (this.#at < this.tokens.length) throw new LiteralError();
  }

  value(): unknown {
    const token = this.#next();
    if (token === '{') return Object.fromEntries(this.#items('}', () => this.#entry()));
    if (token === '[') return this.#items(']', () => this.value());
    if (/^['"]/.test(token)) return textOf(token);
    if (/^-?\d/.test(token)) return Number(token);
    if (Object.hasOwn(WORDS, token)) return WORDS[token];
    throw new LiteralError();
  }

  #entry(): readonly [string, unknown] {
    const token = this.#next();
    const isText = /^['"]/.test(token);
    if (!isText && !/^[\w$]/.test(token)) throw new LiteralError();
    this.#take(':');
    return [isText ? textOf(token) : token, this.value()];
  }

  #items<T>(end: string, read: () => T): readonly T[] {
    const items: T[] = [];
    while (this.tokens[this.#at] !== end) {
      items.push(read());
      if (this.tokens[this.#at] !== end) this.#take(',');
    }
    this.#at += 1;
    return items;
  }

  #take(token: string): void {
    if (this.#next() !== token) throw new LiteralError();
  }

  #next(): string {
    const token = this.tokens[this.#at];
    if (token === undefined) throw new LiteralError();
    this.#at += 1;
    return token;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' };

const textOf = (token: string): string =>
  token
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (_, unit?: string, byte?: string, other = '') =>
      unit || byte ? String.fromCharCode(Number.parseInt(unit ?? byte ?? '', 16)) : (ESCAPES[other] ?? other),
    );
