import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asModelManagementError, invalidInput, ModelManagementError } from '../../../../lib/errors';
import { ensureFolder, errorCode, storageError, syncPath, writeFileDurably } from '../../../../lib/files';
import { parseInput } from '../../../../lib/parse-input';
import { parseSettings, type Settings } from '../settings';

/** What the hub shows for an edge, with the role or without; checked in full as the settings that it becomes. */
const Snippet = z.object({
  role: z.literal('edge').optional(),
  broker: z.record(z.string(), z.unknown()),
  edge: z.record(z.string(), z.unknown()),
});
type Snippet = z.infer<typeof Snippet>;

/** Beside the keys: it may hold the login of the broker, and the token. */
const pathIn = (dataDir: string): string => join(dataDir, 'keys', 'edge-settings.json');

export interface RoleState {
  /** What this Node-RED will be when it is started the next time. */
  readonly nextRole: 'hub' | 'edge';
  /** settings.js says what it is, and nobody else does. */
  readonly isRoleSet: boolean;
}

/**
 * What this Node-RED is to others: as settings.js says, else as it was pasted in the sidebar, which is kept in the data
 * folder and taken up at the next start.
 */
export class EdgeRole {
  private constructor(
    private readonly raw: unknown,
    private readonly userDir: string,
    /** In force until Node-RED is started again. */
    readonly settings: Settings,
    private readonly inForce: Snippet | undefined,
    private next: Snippet | undefined,
  ) {}

  /** @throws {ModelManagementError} `BAD_SETTINGS`; `STORAGE_CORRUPT`, `STORAGE_FAILED` of what was pasted */
  static async open(raw: unknown, own: Settings, userDir: string): Promise<EdgeRole> {
    if (saysRole(raw)) return new EdgeRole(raw, userDir, own, undefined, undefined);
    const pasted = await readPasted(pathIn(own.dataDir));
    const settings = pasted ? parseSettings(merged(raw, pasted), userDir) : own;
    return new EdgeRole(raw, userDir, settings, pasted, pasted);
  }

  get state(): RoleState {
    const isRoleSet = saysRole(this.raw);
    return { isRoleSet, nextRole: isRoleSet ? this.settings.role : this.next ? 'edge' : 'hub' };
  }

  /** What it will be an edge of; undefined = of nothing, or settings.js says it. */
  get nextEdge(): Settings['edge'] {
    return this.next && parseSettings(merged(this.raw, this.next), this.userDir).edge;
  }

  /**
   * Makes an edge of it at the next start.
   * @param input - what the hub showed
   * @throws {ModelManagementError} `READ_ONLY` when settings.js says what it is; `INVALID_INPUT`; `STORAGE_FULL`, `STORAGE_FAILED`
   */
  async join(input: unknown): Promise<void> {
    if (saysRole(this.raw)) {
      throw new ModelManagementError(
        'READ_ONLY',
        'settings.js says what this Node-RED is (role or edge in modelManagement).',
        'Change it there, and restart Node-RED.',
      );
    }
    const snippet = parseInput(Snippet, input, 'settings');
    this.#check(snippet);
    await this.#keep(snippet);
  }

  /** A hub from the next start on, as far as it lies with the sidebar. Idempotent. */
  async leave(): Promise<void> {
    if (!this.next) return;
    const path = pathIn(this.settings.dataDir);
    try {
      await rm(path, { force: true });
      await syncPath(join(path, '..'));
    } catch (error) {
      throw storageError(error, 'removing keys/edge-settings.json');
    }
    this.next = undefined;
  }

  /** Takes back a `leave` before the next start: somebody has typed another token. */
  async stay(): Promise<void> {
    if (this.inForce && !this.next) await this.#keep(this.inForce);
  }

  #check(snippet: Snippet): void {
    try {
      parseSettings(merged(this.raw, snippet), this.userDir);
    } catch (error) {
      const { code, message } = asModelManagementError(error);
      if (code !== 'BAD_SETTINGS') throw error;
      throw invalidInput('settings', message, 'Copy the settings again, whole, as the hub shows them.');
    }
  }

  async #keep(snippet: Snippet): Promise<void> {
    const path = pathIn(this.settings.dataDir);
    await ensureFolder(join(path, '..'));
    await writeFileDurably(path, JSON.stringify(snippet, null, 2));
    this.next = snippet;
  }
}

const merged = (raw: unknown, { broker, edge }: Snippet): unknown => ({ ...Object(raw), role: 'edge', broker, edge });

function saysRole(raw: unknown): boolean {
  const { role, edge } = Object(raw) as { readonly role?: unknown; readonly edge?: unknown };
  return role !== undefined || edge !== undefined;
}

async function readPasted(path: string): Promise<Snippet | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw storageError(error, 'reading keys/edge-settings.json');
  }
  try {
    return Snippet.parse(JSON.parse(text));
  } catch (error) {
    throw new ModelManagementError(
      'STORAGE_CORRUPT',
      'keys/edge-settings.json in the data folder does not hold what makes this Node-RED an edge.',
      'Restore it from a backup; or remove it, restart Node-RED, and paste the settings of the hub again.',
      { cause: error },
    );
  }
}
