import { ModelManagementError } from '../errors';
import { type AliasName, DEPLOYED, type ModelName, type VersionNumber } from '../ids';
import { KeyedQueue } from '../store/keyed-queue';
import { parseDeletableAlias, parseSettableAlias } from './alias';
import type { AliasSwitch, RegistryDeps } from './dependencies';
import { inUse } from './in-use';
import { AliasMoveInput, parseInput } from './input';
import type { Journal } from './journal';
import { deployments, keyOf, type ModelLife, type VersionState } from './model-history';
import { effectiveSignature, type FileSignatures, signatureDifferences } from './signature-comparison';
import type { Usage, User, Version } from './types';
import { rollbackTarget } from './undo-stack';
import { resolveVersion } from './version-ref';
import { toVersion } from './views';

interface Decision {
  readonly before: VersionNumber | undefined;
  readonly target: VersionState;
}

/** Where nothing runs there is nothing to switch. */
const noSwitch: AliasSwitch = { commit: () => undefined, abandon: () => undefined };

/**
 * Moves aliases: decide, load and warm, decide again, write, switch. Moves of one model take turns; other writes to it
 * go on meanwhile, which is why the decision is made twice and must come out the same.
 */
export class AliasMoves {
  readonly #turns = new KeyedQueue();

  constructor(
    private readonly deps: Pick<RegistryDeps, 'prepareAlias' | 'usage' | 'log'>,
    private readonly journal: Journal,
  ) {}

  async set(name: string, aliasText: string, input: unknown, user: User): Promise<void> {
    const alias = parseSettableAlias(aliasText);
    const { version, expectedVersion, force, reason } = parseInput(AliasMoveInput, input);
    await this.#move(name, alias, { action: 'alias.set', ...(reason ? { reason } : {}) }, user, (life) => {
      const before = life.aliases.get(alias);
      if (expectedVersion !== undefined && expectedVersion !== (before ?? null)) {
        throw aliasMoved(alias, expectedVersion, before);
      }
      return this.#decide(life, alias, resolveVersion(life, version), force);
    });
  }

  async rollback(name: string, force: boolean, user: User): Promise<void> {
    await this.#move(name, DEPLOYED, { action: 'rollback' }, user, (life) => {
      const target = rollbackTarget(deployments(life));
      if (target !== undefined) return this.#decide(life, DEPLOYED, resolveVersion(life, target), force);
      throw new ModelManagementError(
        'NOTHING_TO_ROLL_BACK',
        `No earlier deployment of ${life.name} is left to go back to.`,
        'Deploy the version you want instead.',
      );
    });
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_NOT_FOUND`, `ALIAS_NOT_FOUND`; `IN_USE` unless forced */
  async remove(name: string, aliasText: string, force: boolean, user: User): Promise<void> {
    const alias = parseDeletableAlias(aliasText);
    await this.journal.write(name, user, async ({ insertChange }) => {
      const life = this.journal.getLife(name);
      const version = life.aliases.get(alias);
      if (version === undefined) {
        throw new ModelManagementError(
          'ALIAS_NOT_FOUND',
          `${life.name} has no alias ${alias}.`,
          'Reload: it may be gone already.',
        );
      }
      const usedBy = this.#followersOf(life.name, alias);
      if (usedBy.length > 0 && !force) {
        const hint = 'Let who follows it name another version or alias first, or delete it with force.';
        throw inUse(`The alias ${alias} of ${life.name} is in use.`, hint, usedBy);
      }
      await insertChange({ action: 'alias.delete', alias, version, before: { alias, version }, after: null });
      this.journal.announce(life.name, { kind: 'alias', change: 'deleted', version, alias });
    });
  }

  /** The model's turn to move aliases, for uploads that bring some. */
  turn<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(keyOf(name), work);
  }

  /** @throws {ModelManagementError} `SIGNATURE_CHANGED` when users of the alias would break */
  checkFit(life: ModelLife, alias: AliasName, next: FileSignatures): void {
    const current = life.aliases.get(alias);
    const state = current === undefined ? undefined : life.versions.get(current);
    if (!state || !this.#isFollowed(life.name, alias)) return;
    const differences = signatureDifferences(effectiveSignature(state.document), effectiveSignature(next));
    if (differences.length === 0) return;
    throw new ModelManagementError(
      'SIGNATURE_CHANGED',
      `The new version does not take and give the same as version ${current}: ${differences.join('; ')}.`,
      'Check the flows that use it, then move the alias with force.',
      { details: { alias, currentVersion: current, differences } },
    );
  }

  /**
   * The version loaded and warm for whoever answers with this alias; nothing is loaded for an alias that nobody
   * follows, nor where there is no runtime.
   * @param isImplied - nobody asked for this alias (the first version): then a full engine is no reason to refuse
   */
  async prepare(model: ModelName, alias: AliasName, version: Version, isImplied: boolean): Promise<AliasSwitch> {
    if (!this.#isFollowed(model, alias)) return noSwitch;
    try {
      return await this.deps.prepareAlias({ model, alias, version });
    } catch (error) {
      const code = ModelManagementError.is(error) ? error.code : undefined;
      if (code !== 'ENGINE_UNAVAILABLE' && !(isImplied && code === 'ENGINE_FULL')) throw error;
      this.deps.log.warn('alias moves to a version that is not loaded', { model, alias, code });
      return noSwitch;
    }
  }

  #decide(life: ModelLife, alias: AliasName, target: VersionState, force: boolean): Decision {
    if (!force) this.checkFit(life, alias, target.document);
    return { before: life.aliases.get(alias), target };
  }

  /** By a node of this Node-RED, which would answer with another version at once. */
  #isFollowed(model: ModelName, alias: AliasName): boolean {
    return alias === DEPLOYED || this.#followersOf(model, alias).some(({ kind }) => kind === 'node');
  }

  /** Nodes of which it is not known what they follow are taken to follow any alias. */
  #followersOf(model: ModelName, alias: AliasName): readonly Usage[] {
    return this.deps.usage(model).filter(({ kind, ref }) => ref === alias || (kind === 'node' && ref === undefined));
  }

  async #move(
    name: string,
    alias: AliasName,
    { action, reason }: { readonly action: 'alias.set' | 'rollback'; readonly reason?: string },
    user: User,
    decide: (life: ModelLife) => Decision,
  ): Promise<void> {
    await this.turn(name, async () => {
      const life = this.journal.getLife(name);
      const first = decide(life);
      const version = first.target.document.version;
      const prepared = await this.prepare(life.name, alias, toVersion(life, first.target), false);
      try {
        await this.journal.write(name, user, async ({ insertChange }) => {
          const second = decide(this.journal.getLife(name));
          if (second.before !== first.before || second.target.document !== first.target.document) {
            throw aliasMoved(alias, first.before ?? null, second.before);
          }
          const before = first.before === undefined ? null : { alias, version: first.before };
          const after = { alias, version, ...(reason ? { reason } : {}) };
          await insertChange({ action, alias, version, before, after });
        });
      } catch (error) {
        prepared.abandon();
        throw error;
      }
      prepared.commit();
      this.journal.announce(life.name, { kind: 'alias', change: 'moved', version, alias });
    });
  }
}

function aliasMoved(alias: AliasName, expected: number | null, actual: number | undefined): ModelManagementError {
  const words = (version: number | null | undefined): string => (version ? `version ${version}` : 'no version');
  return new ModelManagementError(
    'ALIAS_MOVED',
    `The alias ${alias} was expected at ${words(expected)} and is at ${words(actual)}.`,
    'Somebody else moved it meanwhile: look at the model again, then decide.',
    { details: { alias, expectedVersion: expected, actualVersion: actual ?? null } },
  );
}
