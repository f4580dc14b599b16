import { z } from 'zod';
import type { Clock } from '../../clock';
import { invalidInput, ModelManagementError } from '../../errors';
import type { DocumentStore } from '../../store';
import { KeyedQueue } from '../../store/keyed-queue';
import type { StoredPipeline } from './pipeline-watch';
import type { PipelineResult } from './result-ring';

const Result = z.object({
  runId: z.string(),
  node: z.string(),
  receivedAt: z.number(),
  topic: z.string(),
  text: z.string().nullable(),
  isCut: z.boolean(),
  state: z.enum(['pending', 'published', 'not_published']),
});

const StoredTest = z.object({
  name: z.string(),
  nodeId: z.string().nullable(),
  /** JSON. */
  payload: z.string(),
});

/** What lies in `pipelines.db`, by id of the tab. */
export const PipelineDocument = z
  .object({
    _id: z.string(),
    results: z.array(Result).readonly(),
    /** It was stopped to be started again, and the latter is still to be done. */
    isRestarting: z.boolean(),
    tests: z.array(StoredTest).readonly().default([]),
    /** Epoch ms; since when there is no such tab. */
    goneSince: z.number().nullable().default(null),
  })
  .readonly();
export type PipelineDocument = z.infer<typeof PipelineDocument>;

/** An input that is kept to be sent again. */
export interface SavedTest {
  readonly name: string;
  /** The node that begins the run, in the flow file; null = the first that does. */
  readonly nodeId: string | null;
  readonly payload: unknown;
}

/** What somebody else keeps of pipelines, and may be forgotten when their tabs are gone. */
export interface KeptOfPipelines {
  readonly ids: () => readonly string[];
  readonly forget: (id: string) => Promise<void>;
}

const MAX_TESTS = 50;
const MAX_TEST_LENGTH = 100_000;
/** A tab that was deleted may come back, by *Undo* or from a backup. */
const KEPT_MS = 30 * 86_400_000;

export const SavedTestName = z
  .string()
  .regex(/^[^\p{Cc}/\\]{1,80}$/u, 'a name has 1 to 80 characters and no slash')
  .refine((name) => name.trim() === name, 'a name neither begins nor ends with a space');

/** What is kept of pipelines over a restart. Changes of one pipeline take turns, so that none undoes another. */
export class PipelineDocuments {
  readonly #turns = new KeyedQueue();

  constructor(
    private readonly documents: DocumentStore<PipelineDocument>,
    private readonly clock: Clock,
  ) {}

  get results(): readonly StoredPipeline[] {
    return this.documents.all().map(({ _id: id, results }) => ({ id, results }));
  }

  /** Ids of those that were stopped to be started again. */
  get restarting(): readonly string[] {
    return this.documents.all().flatMap(({ _id, isRestarting }) => (isRestarting ? [_id] : []));
  }

  noteRestarting(id: string, isRestarting: boolean): Promise<void> {
    return this.#change(id, () => ({ isRestarting }));
  }

  keepResults(id: string, results: readonly PipelineResult[]): Promise<void> {
    return this.#change(id, () => ({ results: [...results] }));
  }

  /** By name. */
  tests(id: string): readonly SavedTest[] {
    const { tests = [] } = this.documents.get(id) ?? {};
    return tests.map((test) => ({ ...test, payload: JSON.parse(test.payload) as unknown }));
  }

  /** Makes one, or replaces that of the name. @throws {ModelManagementError} `INVALID_INPUT` for what is too long or too many */
  keepTest(id: string, { name, nodeId, payload }: SavedTest): Promise<void> {
    const text = JSON.stringify(payload) ?? 'null';
    if (text.length > MAX_TEST_LENGTH) {
      throw invalidInput(
        'payload',
        `The payload has ${text.length} characters of JSON; at most ${MAX_TEST_LENGTH} are kept.`,
        'Save a smaller one, or send it without saving it.',
      );
    }
    return this.#change(id, ({ tests }) => {
      const others = tests.filter((one) => one.name !== name);
      if (others.length >= MAX_TESTS)
        throw invalidInput('name', `There are ${MAX_TESTS} saved inputs already.`, 'Delete one of them first.');
      const all = [...others, { name, nodeId, payload: text }];
      return { tests: all.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
    });
  }

  /** @throws {ModelManagementError} `TEST_NOT_FOUND` */
  deleteTest(id: string, name: string): Promise<void> {
    return this.#change(id, ({ tests }) => {
      if (tests.some((one) => one.name === name)) return { tests: tests.filter((one) => one.name !== name) };
      throw new ModelManagementError(
        'TEST_NOT_FOUND',
        `There is no saved input ${JSON.stringify(name.slice(0, 80))}.`,
        'Look at GET /pipelines/:id/tests for those that there are.',
      );
    });
  }

  /**
   * Forgets what has been gone for thirty days.
   * @param present - ids of all tabs of the flows
   * @param others - who keeps something else of pipelines, and forgets it as well
   */
  async prune(present: ReadonlySet<string>, others?: KeptOfPipelines): Promise<void> {
    const now = this.clock.now();
    const elsewhere = new Set(others?.ids());
    for (const id of new Set([...this.documents.all().map(({ _id }) => _id), ...elsewhere])) {
      const goneSince = this.documents.get(id)?.goneSince ?? null;
      if (present.has(id)) {
        if (goneSince !== null) await this.#change(id, () => ({ goneSince: null }));
      } else if (goneSince === null) await this.#change(id, () => ({ goneSince: now }));
      else if (now - goneSince >= KEPT_MS) {
        if (elsewhere.has(id)) await others?.forget(id);
        // Last: while it is there, the rest is tried again.
        await this.documents.delete(id);
      }
    }
  }

  #change(id: string, change: (now: PipelineDocument) => Partial<PipelineDocument>): Promise<void> {
    return this.#turns.run(id, () => {
      const now = this.documents.get(id) ?? { _id: id, results: [], isRestarting: false, tests: [], goneSince: null };
      return this.documents.put({ ...now, ...change(now) });
    });
  }
}
