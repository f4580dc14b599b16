import { toIso } from '../clock';
import { type AliasName, DEPLOYED, type ModelName, type VersionNumber } from '../ids';
import { type Attributes, attributesOf, withChanges } from './attributes';
import {
  type AuditDocument,
  ModelChanges,
  type ModelDocument,
  type ModelKey,
  type RegistryDocument,
  VersionChanges,
  type VersionDocument,
} from './documents';
import type { AuditEntry, Tags } from './types';
import { type DeployedMove, undoStack } from './undo-stack';

/** What a version says now: its document, and on top what was changed since. */
export interface VersionState extends Attributes {
  readonly document: VersionDocument;
}

/** A model from its creation to its deletion. */
export interface ModelLife {
  readonly life: number;
  readonly name: ModelName;
  readonly createdAt: number;
  description: string;
  tags: Tags;
  updatedAt: number;
  readonly versions: Map<VersionNumber, VersionState>;
  readonly aliases: Map<AliasName, VersionNumber>;
  readonly deployedMoves: DeployedMove[];
}

export function keyOf(name: string): ModelKey {
  return name.toLowerCase();
}

/**
 * All that ever happened to one model name, and the state it comes to. `apply` is the only writer; the same documents
 * in the order of `seq` always give the same state.
 */
export class ModelHistory {
  #life: ModelLife | undefined;
  #lifeCount = 0;
  #lastSeq = 0;
  #lastVersion = 0;
  readonly #audit: AuditEntry[] = [];

  constructor(readonly key: ModelKey) {}

  /** The model as it is; undefined before it was made and after it was deleted. */
  get current(): ModelLife | undefined {
    return this.#life;
  }

  /** Entries of all lives, oldest first. */
  get audit(): readonly AuditEntry[] {
    return this.#audit;
  }

  get nextLife(): number {
    return this.#lifeCount + 1;
  }

  get nextSeq(): number {
    return this.#lastSeq + 1;
  }

  /** Counts on over deletions, also of the model. */
  get nextVersion(): number {
    return this.#lastVersion + 1;
  }

  apply(fact: RegistryDocument): void {
    this.#lastSeq = Math.max(this.#lastSeq, fact.seq);
    if ('action' in fact) this.#applyChange(fact);
    else if ('version' in fact) this.#applyVersion(fact);
    else this.#applyModel(fact);
  }

  #applyModel(fact: ModelDocument): void {
    this.#lifeCount = fact.life;
    this.#life = {
      life: fact.life,
      name: fact.name,
      createdAt: fact.at,
      description: fact.description,
      tags: fact.tags,
      updatedAt: fact.at,
      versions: new Map(),
      aliases: new Map(),
      deployedMoves: [],
    };
    const { name, description, tags } = fact;
    this.#note(fact, 'model.create', null, { name, description, tags });
  }

  #applyVersion(fact: VersionDocument): void {
    this.#lastVersion = Math.max(this.#lastVersion, fact.version);
    const life = this.#lifeOf(fact);
    if (!life || life.life !== fact.life) return;
    life.versions.set(fact.version, { document: fact, ...attributesOf(fact) });
    const { version, digest, description, preprocessing, original } = fact;
    this.#note(fact, 'version.create', null, {
      version,
      digest,
      description,
      ...(preprocessing ? { preprocessing: preprocessing.digest } : {}),
      ...(original ? { original: original.digest } : {}),
    });
    for (const alias of fact.initialAliases) {
      const before = life.aliases.get(alias);
      this.#note(fact, 'alias.set', before ? { alias, version: before } : null, { alias, version: fact.version });
      this.#point(life, alias, fact.version, 'deploy');
    }
  }

  #applyChange(fact: AuditDocument): void {
    const life = this.#lifeOf(fact);
    if (!life) return;
    this.#note(fact, fact.action, fact.before, fact.after);
    const { version, alias } = fact;
    switch (fact.action) {
      case 'model.update':
        Object.assign(life, ModelChanges.parse(fact.after));
        break;
      case 'model.delete':
        this.#life = undefined;
        break;
      case 'version.update':
        if (version) this.#updateVersion(life, version, fact);
        break;
      case 'version.delete':
        if (version) this.#deleteVersion(life, version);
        break;
      case 'alias.delete':
        if (alias) life.aliases.delete(alias);
        break;
      case 'alias.set':
      case 'rollback':
        if (alias && version) this.#point(life, alias, version, fact.action === 'rollback' ? 'rollback' : 'deploy');
        break;
    }
  }

  #updateVersion(life: ModelLife, version: VersionNumber, { after }: AuditDocument): void {
    const state = life.versions.get(version);
    if (!state) return;
    life.versions.set(version, { document: state.document, ...withChanges(state, VersionChanges.parse(after)) });
  }

  #deleteVersion(life: ModelLife, version: VersionNumber): void {
    life.versions.delete(version);
    for (const [alias, target] of life.aliases) if (target === version) life.aliases.delete(alias);
  }

  #point(life: ModelLife, alias: AliasName, version: VersionNumber, kind: DeployedMove['kind']): void {
    life.aliases.set(alias, version);
    if (alias === DEPLOYED) life.deployedMoves.push({ kind, version });
  }

  #lifeOf(fact: RegistryDocument): ModelLife | undefined {
    if (this.#life) this.#life.updatedAt = fact.at;
    return this.#life;
  }

  #note(
    { at, user }: RegistryDocument,
    action: AuditEntry['action'],
    before: AuditEntry['before'],
    after: AuditEntry['after'],
  ): void {
    this.#audit.push({ at: toIso(at), user, action, before, after });
  }
}

/** What was deployed, oldest first, without what no longer exists. */
export function deployments(life: ModelLife): readonly VersionNumber[] {
  return undoStack(life.deployedMoves, (version) => life.versions.has(version));
}
