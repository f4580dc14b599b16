import type { Readable } from 'node:stream';
import { ModelManagementError } from '../errors';
import { DEPLOYED, type Digest, LATEST, type VersionNumber } from '../ids';
import { AliasMoves } from './alias-moves';
import { changedFields } from './attributes';
import type { ModelFiles, RegistryDeps } from './dependencies';
import { inUse } from './in-use';
import { ModelPatch, NewModel, parseInput, parseModelName, VersionAttributes } from './input';
import { Journal } from './journal';
import { deployments, type ModelLife, type VersionState } from './model-history';
import type { AuditEntry, Model, RegistryChange, User, Version } from './types';
import { rollbackTarget } from './undo-stack';
import type { VersionUpload } from './upload';
import { archiveOf, digestsOf } from './version-archive';
import { findState, resolveVersion, type VersionRef } from './version-ref';
import { VersionUploads } from './version-upload';
import { statesOf, toModel, toVersion } from './views';

/** Blobs younger than this are left alone: somebody may be about to name them. */
const MIN_GARBAGE_AGE_MS = 3_600_000;
/** Also those of this very moment, by a clock of the disk that runs a little ahead of ours. */
const ANY_AGE_MS = -60_000;

/**
 * Models, their immutable versions and the aliases that name them. Reads answer from memory; a change is on the disk
 * when its promise resolves, and nothing of it when it rejects. Names are compared without case. A version reference
 * is a number, its digits, an alias, or `latest`.
 */
export class Registry {
  readonly #journal: Journal;
  readonly #moves: AliasMoves;
  readonly #uploads: VersionUploads;
  /** Blobs that an export under way still has to read. */
  readonly #exporting = new Map<object, ReadonlySet<Digest>>();

  readonly #openedAt: number;

  private constructor(private readonly deps: RegistryDeps) {
    this.#openedAt = deps.clock.now();
    this.#journal = new Journal(deps);
    this.#moves = new AliasMoves(deps, this.#journal);
    this.#uploads = new VersionUploads(deps, this.#journal, this.#moves, (digests) => this.#discard(digests));
  }

  static async open(deps: RegistryDeps): Promise<Registry> {
    const registry = new Registry(deps);
    registry.#journal.load();
    return registry;
  }

  /** By name. */
  list(): readonly Model[] {
    return this.#journal.lives().map((life) => this.#toModel(life));
  }

  findModel(name: string): Model | undefined {
    const life = this.#journal.findLife(name);
    return life && this.#toModel(life);
  }

  /** @throws {ModelManagementError} `MODEL_NOT_FOUND` */
  getModel(name: string): Model {
    return this.#toModel(this.#journal.getLife(name));
  }

  /**
   * @param input - `{name, description?, tags?}`
   * @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_EXISTS`
   */
  async createModel(input: unknown, user: User): Promise<Model> {
    const { name: wantedName, description, tags } = parseInput(NewModel, input);
    const name = parseModelName(wantedName);
    await this.#journal.write(name, user, async ({ history, insertModel }) => {
      const known = history.current;
      if (known) {
        const message = `There is a model named ${known.name} already.`;
        throw new ModelManagementError('MODEL_EXISTS', message, 'Upload a new version of it, or choose another name.');
      }
      await insertModel({ life: history.nextLife, name, description, tags });
    });
    this.#journal.announce(name, { kind: 'model', change: 'created' });
    return this.getModel(name);
  }

  /**
   * @param patch - `{description?, tags?}`; tags replace the old ones as a whole
   * @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_NOT_FOUND`
   */
  async updateModel(name: string, patch: unknown, user: User): Promise<Model> {
    const changes = parseInput(ModelPatch, patch);
    await this.#journal.write(name, user, async ({ insertChange }) => {
      const life = this.#journal.getLife(name);
      const { description, tags } = life;
      const changed = changedFields({ description, tags }, changes);
      if (!changed) return;
      await insertChange({ action: 'model.update', ...changed });
      this.#journal.announce(life.name, { kind: 'model', change: 'updated' });
    });
    return this.getModel(name);
  }

  /**
   * Numbers and audit stay with the name.
   * @throws {ModelManagementError} `MODEL_NOT_FOUND`; `IN_USE` with `details.usedBy`, unless forced
   */
  async deleteModel(name: string, { force = false }: { readonly force?: boolean }, user: User): Promise<void> {
    await this.#journal.write(name, user, async ({ insertChange }) => {
      const life = this.#journal.getLife(name);
      const usedBy = this.deps.usage(life.name);
      if (usedBy.length > 0 && !force) {
        throw inUse(`The model ${life.name} is in use.`, 'Delete it with force, or stop using it first.', usedBy);
      }
      const { description, tags } = life;
      const before = { name: life.name, description, tags, versions: [...life.versions.keys()] };
      await insertChange({ action: 'model.delete', before, after: null });
      this.#journal.announce(life.name, { kind: 'model', change: 'deleted' });
    });
  }

  /**
   * Reads, checks and test-loads the files, then makes them the next version. A version that finds nothing deployed
   * gets `deployed`. Whatever is refused leaves nothing behind; `details.stage` tells how far it came.
   * @throws {ModelManagementError} `MODEL_NOT_FOUND`, `INVALID_INPUT`, `INVALID_MODEL`, `DUPLICATE_VERSION`,
   * `DIGEST_MISMATCH`, `MODEL_TOO_LARGE`, `SIGNATURE_CHANGED` and `VERSION_UNUSABLE` (for an alias it asks for),
   * `ABORTED`, `STORAGE_FULL`
   */
  addVersion(name: string, upload: VersionUpload, user: User): Promise<Version> {
    return this.#uploads.add(name, upload, user);
  }

  /** Newest first. @throws {ModelManagementError} `MODEL_NOT_FOUND` */
  listVersions(name: string): readonly Version[] {
    const life = this.#journal.getLife(name);
    return statesOf(life).map((state) => toVersion(life, state));
  }

  findVersion(name: string, ref: VersionRef): Version | undefined {
    const life = this.#journal.findLife(name);
    const state = life && findState(life, ref);
    return state && toVersion(life, state);
  }

  /** @throws {ModelManagementError} `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND` */
  getVersion(name: string, ref: VersionRef): Version {
    const life = this.#journal.getLife(name);
    return toVersion(life, resolveVersion(life, ref));
  }

  /**
   * @param patch - `{description?, tags?, metrics?, labels?, features?}`; each replaces the old value as a whole, null
   * or an empty list takes labels or features away
   * @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND`
   */
  async updateVersion(name: string, ref: VersionRef, patch: unknown, user: User): Promise<Version> {
    const changes = parseInput(VersionAttributes, patch);
    const version = await this.#journal.write(name, user, async ({ insertChange }) => {
      const { life, state, version } = this.#find(name, ref);
      const changed = changedFields({ ...state }, changes);
      if (!changed) return version;
      const before = { version, ...changed.before };
      await insertChange({ action: 'version.update', version, before, after: { version, ...changed.after } });
      this.#journal.announce(life.name, { kind: 'version', change: 'updated', version });
      return version;
    });
    return this.getVersion(name, version);
  }

  /**
   * Its aliases go with it, its number is not used again.
   * @throws {ModelManagementError} `IN_USE` for the deployed version, for the one a rollback would deploy and for one
   * that a node names; `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND`
   */
  async deleteVersion(name: string, ref: VersionRef, user: User): Promise<void> {
    await this.#journal.write(name, user, async ({ insertChange }) => {
      const { life, state, version } = this.#find(name, ref);
      this.#refuseInUse(life, version);
      const { aliases, digest, description } = toVersion(life, state);
      const before = { version, digest, description, aliases };
      await insertChange({ action: 'version.delete', version, before, after: null });
      for (const alias of aliases) {
        this.#journal.announce(life.name, { kind: 'alias', change: 'deleted', version, alias });
      }
      this.#journal.announce(life.name, { kind: 'version', change: 'deleted', version });
    });
  }

  /**
   * Loads and warms the version (for `deployed` and aliases that a node follows), then moves the alias.
   * @param move - `{version, expectedVersion?, force?, reason?}`; `expectedVersion` null = the alias must not exist
   * @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_MOVED`,
   * `SIGNATURE_CHANGED` (`deployed`, and aliases that a node follows), `VERSION_UNUSABLE`; nothing moved then
   */
  async setAlias(name: string, alias: string, move: unknown, user: User): Promise<Model> {
    await this.#moves.set(name, alias, move, user);
    return this.getModel(name);
  }

  /**
   * @throws {ModelManagementError} `INVALID_INPUT` (`latest`, `deployed`), `MODEL_NOT_FOUND`, `ALIAS_NOT_FOUND`; `IN_USE` with
   * `details.usedBy` while somebody follows it, unless forced
   */
  async deleteAlias(
    name: string,
    alias: string,
    { force = false }: { readonly force?: boolean },
    user: User,
  ): Promise<Model> {
    await this.#moves.remove(name, alias, force, user);
    return this.getModel(name);
  }

  /** Deploys what was deployed before. @throws {ModelManagementError} `NOTHING_TO_ROLL_BACK`; else as `setAlias` */
  async rollback(name: string, { force = false }: { readonly force?: boolean }, user: User): Promise<Model> {
    await this.#moves.rollback(name, force, user);
    return this.getModel(name);
  }

  /** Newest first, over all lives of the name. @throws {ModelManagementError} `MODEL_NOT_FOUND` when there was none */
  audit(name: string): readonly AuditEntry[] {
    const entries = this.#journal.findHistory(name)?.audit ?? [];
    if (entries.length === 0) this.#journal.getLife(name);
    return entries.toReversed();
  }

  /** A tar that `addVersion` takes back to an equal version. @throws as `getVersion` */
  exportVersion(name: string, ref: VersionRef): Readable {
    const version = this.getVersion(name, ref);
    const token = {};
    this.#exporting.set(token, new Set(digestsOf(version)));
    const archive = archiveOf(version, this.deps.blobs);
    archive.once('close', () => this.#exporting.delete(token));
    return archive;
  }

  /** Where the files of a version lie, for the engine and for downloads. */
  filesOf({ digest, preprocessing }: Pick<Version, 'digest' | 'preprocessing'>): ModelFiles {
    const { blobs } = this.deps;
    const modelPath = blobs.pathOf(digest);
    return preprocessing ? { modelPath, preprocessingPath: blobs.pathOf(preprocessing.digest) } : { modelPath };
  }

  /** Removes files that no version names. @param options.minAgeMs - default 1 hour, or since this registry opened */
  async collectGarbage(
    options: { readonly dryRun?: boolean; readonly minAgeMs?: number } = {},
  ): Promise<{ readonly count: number; readonly bytes: number }> {
    const { dryRun = false, minAgeMs = Math.min(MIN_GARBAGE_AGE_MS, this.deps.clock.now() - this.#openedAt) } = options;
    const rules = { isNamed: (digest: Digest) => this.#isNamed(digest), dryRun, minAgeMs };
    const { removed, freedBytes } = await this.deps.blobs.collectGarbage(rules);
    return { count: removed.length, bytes: freedBytes };
  }

  /** Tells what changed, after it is on the disk. @returns stops it */
  onChange(listener: (change: RegistryChange) => void): () => void {
    return this.#journal.onChange(listener);
  }

  #toModel(life: ModelLife): Model {
    const { usage, edges } = this.deps;
    return toModel(life, usage(life.name), edges?.(life.name) ?? []);
  }

  #find(name: string, ref: VersionRef): { life: ModelLife; state: VersionState; version: VersionNumber } {
    const life = this.#journal.getLife(name);
    const state = resolveVersion(life, ref);
    return { life, state, version: state.document.version };
  }

  #refuseInUse(life: ModelLife, version: VersionNumber): void {
    const stack = deployments(life);
    const usedBy = this.deps.usage(life.name);
    if (life.aliases.get(DEPLOYED) === version) {
      throw inUse(`Version ${version} of ${life.name} is deployed.`, 'Deploy another version first.', usedBy);
    }
    if (rollbackTarget(stack) === version) {
      const hint = 'It can be deleted after another version has been deployed.';
      throw inUse(`Version ${version} of ${life.name} is what a rollback would deploy.`, hint, []);
    }
    const named = usedBy.filter(({ ref }) => {
      // Who follows `latest` gets the next highest.
      const state = ref === undefined || ref === LATEST ? undefined : findState(life, ref);
      return state?.document.version === version;
    });
    if (named.length === 0) return;
    throw inUse(`Version ${version} of ${life.name} is in use.`, 'Let its users name another version first.', named);
  }

  #isNamed(digest: Digest): boolean {
    for (const digests of this.#exporting.values()) if (digests.has(digest)) return true;
    if (this.deps.isNamedElsewhere?.(digest)) return true;
    return this.#journal
      .lives()
      .some(({ versions }) => [...versions.values()].some(({ document }) => digestsOf(document).includes(digest)));
  }

  /** What a refused upload leaves is no error of the upload: it is collected later, if not now. */
  async #discard(digests: ReadonlySet<Digest>): Promise<void> {
    if (digests.size === 0) return;
    try {
      await this.deps.blobs.collectGarbage({
        isNamed: (digest) => !digests.has(digest) || this.#isNamed(digest),
        dryRun: false,
        minAgeMs: ANY_AGE_MS,
      });
    } catch (error) {
      this.deps.log.warn('files of a refused upload stay until garbage is collected', { error });
    }
  }
}
