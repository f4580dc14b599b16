import type { VersionActivity } from '../activity';
import { coarseMinutes } from '../activity';
import type { ModelTarget } from '../engine';
import { ModelFigures } from './model-figures';
import { ModelHistory } from './model-history';

const MAX_HISTORY_COUNT = 64;
const KEPT_MS = coarseMinutes * 60_000;

interface Entry {
  readonly model: string;
  readonly version: number;
  readonly history: ModelHistory;
  figures: ModelFigures;
}

/** The histories of the versions that are loaded, and of those that were lately: bounded in number and time. */
export class ActivityLog {
  /** The one opened last comes last. */
  readonly #entries = new Map<string, Entry>();

  /** Figures of a version that is being loaded; they go on with the history that it left. */
  open({ model, version }: Pick<ModelTarget, 'model' | 'version'>, nowMs: number): ModelFigures {
    // Only what has a number can be asked for.
    if (version === null) return new ModelFigures(new ModelHistory(), nowMs);
    const key = JSON.stringify([model, version]);
    const history = this.#entries.get(key)?.history ?? new ModelHistory();
    const figures = new ModelFigures(history, nowMs);
    this.#entries.delete(key);
    this.#entries.set(key, { model, version, history, figures });
    this.#prune(nowMs);
    return figures;
  }

  /** The newest version first. @param minutes - how far back */
  read(model: string, minutes: number, nowMs: number): readonly VersionActivity[] {
    this.#prune(nowMs);
    return [...this.#entries.values()]
      .filter((entry) => entry.model === model)
      .sort((a, b) => b.version - a.version)
      .map(({ version, history, figures }) => ({
        version,
        isLoaded: !figures.isEnded,
        columns: history.read(minutes, nowMs),
      }));
  }

  #prune(nowMs: number): void {
    for (const [key, { figures, history }] of this.#entries) {
      const isOld = nowMs - (history.newestAt ?? nowMs) > KEPT_MS;
      if (figures.isEnded && (isOld || this.#entries.size > MAX_HISTORY_COUNT)) this.#entries.delete(key);
    }
  }
}
