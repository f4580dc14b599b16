import { invalidInput, ModelManagementError } from '../errors';
import { parseInput } from '../parse-input';
import type { DocumentStore, Secrets } from '../store';
import type { Connection } from './child/protocol';
import { SOURCE_NAME } from './names';
import { connectionFields, type SourceDocument, SourceInput } from './source-document';
import { type CollectionUse, refuseInUse } from './usage';

/** The collections of this Node-RED. */
export const LOCAL_SOURCE = 'local';

/** A database beside ours that queries may read; `options` are those of the npm package pg. */
export interface PostgresSource {
  readonly kind: 'postgres';
  readonly options: Readonly<Record<string, unknown>>;
  /** The column that "new data only" goes by; default `created`. */
  readonly watermarkColumn?: string | undefined;
  /** Of one statement, and of a query as a whole where it is more than the default: 10 s for a preview, 10 min for a run. */
  readonly timeoutMs?: number | undefined;
}

export type DataSource = PostgresSource;

/** What is shown of a source: of one in settings.js its name and kind only, and never a password. */
export interface SourceView {
  readonly name: string;
  readonly kind: 'collections' | DataSource['kind'];
  /** Who may change it: nobody, settings.js, or the sidebar. */
  readonly origin: 'builtIn' | 'settings' | 'stored';
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly tls?: SourceDocument['tls'];
  readonly ca?: string;
  readonly watermarkColumn?: string;
  readonly timeoutMs?: number;
  readonly hasPassword?: boolean;
  readonly usedBy: readonly CollectionUse[];
}

/** Where queries find what they read. */
export interface SourceLookup {
  find(name: string): DataSource | undefined;
  names(): readonly string[];
}

export interface SourcesDeps {
  /** Of settings.js; they win over those that are stored. */
  readonly fixed: Readonly<Record<string, DataSource>>;
  readonly documents: DocumentStore<SourceDocument>;
  readonly secrets: Pick<Secrets, 'encrypt' | 'decrypt'>;
  /** Who reads a source. */
  readonly usage: (name: string) => readonly CollectionUse[];
}

/** The databases that queries may read: those of settings.js, and those that were entered in the sidebar. */
export class Sources implements SourceLookup {
  constructor(private readonly deps: SourcesDeps) {}

  list(): readonly SourceView[] {
    const { fixed, documents } = this.deps;
    return [
      { name: LOCAL_SOURCE, kind: 'collections', origin: 'builtIn', usedBy: [] },
      ...Object.entries(fixed).map(
        ([name, { kind }]): SourceView => ({ name, kind, origin: 'settings', usedBy: this.deps.usage(name) }),
      ),
      ...documents
        .all()
        .filter(({ _id: name }) => !this.#isFixed(name))
        .map((document) => this.#view(document)),
    ];
  }

  names(): readonly string[] {
    return [...new Set([...Object.keys(this.deps.fixed), ...this.deps.documents.all().map(({ _id }) => _id)])];
  }

  /** With the password. @throws {ModelManagementError} `STORAGE_CORRUPT` when that cannot be read */
  find(name: string): DataSource | undefined {
    const { fixed, documents, secrets } = this.deps;
    if (this.#isFixed(name)) return fixed[name];
    const stored = documents.get(name);
    if (!stored) return undefined;
    const { host, port, database, user, tls, ca, password, watermarkColumn, timeoutMs } = stored;
    const ssl = tls === 'off' ? false : { rejectUnauthorized: tls === 'verified', ...(ca === undefined ? {} : { ca }) };
    const login = password === undefined ? { user } : { user, password: secrets.decrypt(password) };
    return { kind: 'postgres', options: { host, port, database, ssl, ...login }, watermarkColumn, timeoutMs };
  }

  /**
   * Stores a source, or another description of it. A password that is left out stays, but not for another place: whoever
   * may change a source cannot have its password sent elsewhere.
   *
   * @param input - `{kind, host, port?, database, user, password?, tls?, ca?, watermarkColumn?, timeoutMs?}`
   * @throws {ModelManagementError} `INVALID_INPUT`; `READ_ONLY` for one of settings.js; `STORAGE_FULL`, `STORAGE_FAILED`
   */
  async put(name: string, input: unknown): Promise<SourceView> {
    this.#checkName(name);
    const { password, ...fields } = parseInput(SourceInput, input);
    const { documents, secrets } = this.deps;
    const before = documents.get(name);
    if (password === undefined && before?.password !== undefined) {
      const moved = connectionFields.find((field) => fields[field] !== before[field]);
      if (moved !== undefined) {
        throw invalidInput(
          'password',
          `The password is needed again, because ${moved} is another one.`,
          'Give the password too; it is never sent to a place it was not entered for.',
        );
      }
    }
    const kept = password === undefined ? before?.password : password === '' ? undefined : secrets.encrypt(password);
    const document = { _id: name, ...fields, ...(kept === undefined ? {} : { password: kept }) };
    await documents.put(document);
    return this.#view(document);
  }

  /** @throws {ModelManagementError} `SOURCE_NOT_FOUND`; `READ_ONLY`; `IN_USE` while a job reads it */
  async remove(name: string): Promise<void> {
    this.#checkName(name);
    if (!this.deps.documents.get(name)) throw sourceNotFound(name, this.names());
    refuseInUse(`The source ${name}`, this.deps.usage(name));
    await this.deps.documents.delete(name);
  }

  #isFixed(name: string): boolean {
    return Object.hasOwn(this.deps.fixed, name);
  }

  #checkName(name: string): void {
    if (this.#isFixed(name) || name === LOCAL_SOURCE) {
      throw new ModelManagementError(
        'READ_ONLY',
        `The source ${name} is not changed here.`,
        this.#isFixed(name) ? `Change modelManagement.sources.${name} in settings.js.` : 'Choose another name.',
      );
    }
    if (SOURCE_NAME.test(name)) return;
    throw invalidInput(
      'name',
      `The name of a source is a letter and then letters, digits, "_" and "-", at most 63, got ${JSON.stringify(name.slice(0, 80))}.`,
      'Choose another name.',
    );
  }

  #view({ _id: name, password, ...fields }: SourceDocument): SourceView {
    const hasPassword = password !== undefined;
    return { name, origin: 'stored', ...fields, hasPassword, usedBy: this.deps.usage(name) };
  }
}

function sourceNotFound(name: string, names: readonly string[]): ModelManagementError {
  return new ModelManagementError(
    'SOURCE_NOT_FOUND',
    `There is no data source named ${JSON.stringify(name.slice(0, 80))}.`,
    `Use ${[LOCAL_SOURCE, ...names].join(', ')}, or add it in the sidebar or to modelManagement.sources in settings.js.`,
  );
}

/** @throws {ModelManagementError} `SOURCE_NOT_FOUND`, `STORAGE_CORRUPT` */
export function connectionOf(name: string, sources: SourceLookup, path: string, timeoutMs: number): Connection {
  if (name === LOCAL_SOURCE || name === 'edge') return { kind: 'sqlite', path };
  const source = sources.find(name);
  if (!source) throw sourceNotFound(name, sources.names());
  const { options, watermarkColumn = 'created' } = source;
  return { kind: 'postgres', name, options, watermarkColumn, timeoutMs: source.timeoutMs ?? timeoutMs };
}
