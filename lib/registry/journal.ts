import { ModelManagementError } from '../errors';
import type { ModelName } from '../ids';
import { KeyedQueue } from '../store/keyed-queue';
import type { RegistryDeps } from './dependencies';
import type { AuditDocument, ModelDocument, ModelKey, RegistryDocument, VersionDocument } from './documents';
import { keyOf, ModelHistory, type ModelLife } from './model-history';
import type { RegistryChange, User } from './types';

/** What a document says; the journal adds when, by whom and in which order. */
export type Unwritten<D extends RegistryDocument> = Omit<D, '_id' | 'key' | 'seq' | 'at' | 'user'>;

/** What may be written while a model's turn lasts. Each call is one durable document, then the new state. */
export interface ModelWriter {
  readonly history: ModelHistory;
  insertModel(fact: Unwritten<ModelDocument>): Promise<void>;
  insertVersion(fact: Unwritten<VersionDocument>): Promise<void>;
  insertChange(fact: Unwritten<AuditDocument>): Promise<void>;
}

/**
 * The documents of the registry and the state they come to: the only place where they are read and written. Writes of
 * one model take turns; a write is applied to the state once it is on the disk.
 */
export class Journal {
  readonly #histories = new Map<ModelKey, ModelHistory>();
  readonly #turns = new KeyedQueue();
  readonly #listeners = new Set<(change: RegistryChange) => void>();

  constructor(private readonly deps: Pick<RegistryDeps, 'documents' | 'clock' | 'log'>) {}

  load(): void {
    const { models, versions, audit } = this.deps.documents;
    const facts: RegistryDocument[] = [...models.all(), ...versions.all(), ...audit.all()];
    facts.sort((a, b) => a.seq - b.seq);
    for (const fact of facts) this.#history(fact.key).apply(fact);
  }

  /** Models that exist, by name. */
  lives(): readonly ModelLife[] {
    const lives = [...this.#histories.values()].flatMap(({ current }) => (current ? [current] : []));
    return lives.sort((a, b) => (keyOf(a.name) < keyOf(b.name) ? -1 : 1));
  }

  findHistory(name: string): ModelHistory | undefined {
    return this.#histories.get(keyOf(name));
  }

  findLife(name: string): ModelLife | undefined {
    return this.findHistory(name)?.current;
  }

  /** @throws {ModelManagementError} `MODEL_NOT_FOUND` */
  getLife(name: string): ModelLife {
    const life = this.findLife(name);
    if (life) return life;
    throw new ModelManagementError(
      'MODEL_NOT_FOUND',
      `There is no model named ${JSON.stringify(name)}.`,
      'Check the spelling, or upload the model first.',
    );
  }

  /** The model's turn to write: nobody else writes to this model until `work` has settled. */
  async write<T>(name: string, user: User, work: (writer: ModelWriter) => Promise<T>): Promise<T> {
    const key = keyOf(name);
    return this.#turns.run(key, async () => {
      const history = this.#history(key);
      try {
        return await work(this.#writer(history, user));
      } finally {
        // Names that were only asked for are not kept.
        if (history.nextSeq === 1) this.#histories.delete(key);
      }
    });
  }

  /** A version as it would be written now. */
  draftVersion(name: string, user: User, fact: Unwritten<VersionDocument>): VersionDocument {
    const key = keyOf(name);
    const seq = this.findHistory(name)?.nextSeq ?? 1;
    return { _id: `${key}/version-${fact.version}`, key, seq, at: this.deps.clock.now(), user, ...fact };
  }

  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the listeners; one that throws is logged and keeps nobody else from hearing. */
  announce(name: ModelName, change: Omit<RegistryChange, 'name'>): void {
    const event = { name, ...change };
    this.deps.log.info('registry changed', { ...event });
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.deps.log.error('a listener of the registry failed', { ...event, error });
      }
    }
  }

  #history(key: ModelKey): ModelHistory {
    const known = this.#histories.get(key);
    if (known) return known;
    const history = new ModelHistory(key);
    this.#histories.set(key, history);
    return history;
  }

  #writer(history: ModelHistory, user: User): ModelWriter {
    const { documents, clock } = this.deps;
    const { key } = history;
    const base = (id: string) => ({ _id: `${key}/${id}`, key, seq: history.nextSeq, at: clock.now(), user });
    return {
      history,
      async insertModel(fact) {
        const document: ModelDocument = { ...base(`life-${fact.life}`), ...fact };
        await documents.models.insert(document);
        history.apply(document);
      },
      async insertVersion(fact) {
        const document: VersionDocument = { ...base(`version-${fact.version}`), ...fact };
        await documents.versions.insert(document);
        history.apply(document);
      },
      async insertChange(fact) {
        const document: AuditDocument = { ...base(`change-${history.nextSeq}`), ...fact };
        await documents.audit.insert(document);
        history.apply(document);
      },
    };
  }
}
