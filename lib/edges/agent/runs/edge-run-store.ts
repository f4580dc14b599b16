import type { DocumentStore } from '../../../store';
import { type EdgeRun, type EdgeRunDocument, fenceKey, MAX_SPENT } from './edge-run-document';

/** The runs of this edge on its disk. Changes take turns: each starts from what the one before left. */
export class EdgeRunStore {
  #work: Promise<unknown> = Promise.resolve();

  constructor(private readonly documents: DocumentStore<EdgeRunDocument>) {}

  get(id: string): EdgeRun | undefined {
    const found = this.documents.get(id);
    return found && !('fences' in found) ? found : undefined;
  }

  all(): readonly EdgeRun[] {
    return this.documents.all().flatMap((document) => ('fences' in document ? [] : document));
  }

  spent(): ReadonlySet<string> {
    return new Set(this.#spent());
  }

  add(run: EdgeRun): Promise<void> {
    return this.#inTurn(() => this.documents.put(run));
  }

  /** One that is gone stays so. */
  update(id: string, change: (run: EdgeRun) => EdgeRun): Promise<void> {
    return this.#inTurn(async () => {
      const run = this.get(id);
      if (run) await this.documents.put(change(run));
    });
  }

  /** Its fence is known for good before the run is forgotten. */
  forget({ _id, fence }: EdgeRun): Promise<void> {
    return this.#inTurn(async () => {
      const fences = [...this.#spent(), fenceKey(_id, fence)].slice(-MAX_SPENT);
      await this.documents.put({ _id: 'spent', fences });
      await this.documents.delete(_id);
    });
  }

  #spent(): readonly string[] {
    const found = this.documents.get('spent');
    return found && 'fences' in found ? found.fences : [];
  }

  #inTurn<R>(change: () => Promise<R>): Promise<R> {
    const running = this.#work.then(change);
    this.#work = running.catch(() => undefined);
    return running;
  }
}
