/** A column of an answer, as the database describes it. */
export interface AnswerColumn {
  readonly name: string;
  /** The declared type, where the column is one of a table. */
  readonly type: string | null;
}

/** Turns rows of SQLite into JSON text. Whole numbers of any size keep all of their digits. */
export class RowText {
  /** Each once: a name that comes again gets `:1`, `:2`, as SQLite itself does for tables. */
  readonly names: readonly string[];
  readonly #keys: readonly string[];
  readonly #types: readonly (string | null)[];

  constructor(columns: readonly AnswerColumn[]) {
    this.names = distinct(columns.map(({ name }) => name));
    this.#keys = this.names.map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    this.#types = columns.map(({ type }) => type);
  }

  of(values: readonly unknown[]): string {
    let text = '';
    for (let at = 0; at < values.length; at += 1)
      text += this.#keys[at] + valueText(values[at], this.#types[at] ?? null);
    return `${text}}`;
  }
}

function valueText(value: unknown, type: string | null): string {
  switch (typeof value) {
    case 'string':
      // Stored as JSON, and checked when it was.
      return type === 'JSON' ? value : JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'bigint':
      return type === 'BOOLEAN' ? String(value !== 0n) : String(value);
    default:
      return value instanceof Uint8Array ? JSON.stringify(Buffer.from(value).toString('base64')) : 'null';
  }
}

function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let count = 1; taken.has(free); count += 1) free = `${name}:${count}`;
    taken.add(free);
    return free;
  });
}
