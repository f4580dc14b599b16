import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import type { Collections } from '../../../lib/collections';
import type { QueryInput } from '../../../lib/training/run/run-document';
import { fromMark, nextMarks, type Watermarks, watermarkKey } from '../../../lib/training/run/windows';
import { CollectionsLab } from '../../support/collections-lab';

const JOB = 'job';
const TABLES = ['a', 'b'] as const;
type Table = (typeof TABLES)[number];

/** What a run came to know, and from where it went on. */
interface Version {
  readonly parent: Version | null;
  readonly marks: Watermarks;
  readonly used: Readonly<Record<Table, readonly number[]>>;
}

type Action =
  | { readonly kind: 'insert'; readonly table: Table; readonly count: number }
  | { readonly kind: 'run'; readonly base: number; readonly succeeds: boolean; readonly meanwhile: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    table: fc.constantFrom(...TABLES),
    count: fc.integer({ min: 0, max: 5 }),
  }),
  fc.record({
    kind: fc.constant('run' as const),
    /** Which of the versions, counted from the newest; beyond them: none. */
    base: fc.integer({ min: 0, max: 3 }),
    succeeds: fc.boolean(),
    /** Rows that come while it reads. */
    meanwhile: fc.integer({ min: 0, max: 3 }),
  }),
);

/** The truth: what was inserted, in order, and what each run used. */
class World {
  readonly inserted: Record<Table, number[]> = { a: [], b: [] };
  readonly versions: Version[] = [];
  #next = 1;

  constructor(
    private readonly collections: Collections,
    private readonly file: (name: string) => string,
  ) {}

  async insert(table: Table, count: number): Promise<void> {
    const values = Array.from({ length: count }, () => this.#next++);
    await this.collections.insert(
      table,
      values.map((x) => ({ x })),
    );
    this.inserted[table].push(...values);
  }

  async run({ base, succeeds, meanwhile }: Extract<Action, { kind: 'run' }>): Promise<void> {
    const parent = this.versions.at(-1 - base) ?? null;
    const before = { a: [...this.inserted.a], b: [...this.inserted.b] };
    const used = { a: [] as number[], b: [] as number[] };
    const queries: QueryInput[] = [];
    const coming = this.insert('a', meanwhile);
    for (const table of TABLES) {
      const from = fromMark(parent?.marks ?? {}, watermarkKey(JOB, table), table);
      const newData = [{ collection: table, ...(from ? { from } : {}) }];
      const path = this.file(`${table}.json`);
      const written = await this.collections.export(
        'local',
        { query: `SELECT x FROM ${table}`, newData, lagMs: 0 },
        path,
      );
      used[table] = (JSON.parse(await readFile(path, 'utf8')) as { x: number }[]).map(({ x }) => x);
      queries.push({ id: table, newDataOnly: true, ...written });
    }
    await coming;
    const line = lineOf(parent);
    for (const table of TABLES) {
      const old = line.flatMap((version) => version.used[table]);
      assert.equal(new Set([...old, ...used[table]]).size, old.length + used[table].length, 'no row is used twice');
      const missing = before[table].filter((x) => !old.includes(x) && !used[table].includes(x));
      assert.deepEqual(missing, [], 'no row is lost');
    }
    if (succeeds) this.versions.push({ parent, marks: nextMarks(parent?.marks ?? {}, JOB, queries), used });
  }
}

function lineOf(version: Version | null): readonly Version[] {
  return version ? [version, ...lineOf(version.parent)] : [];
}

describe('new data only', function () {
  this.timeout(120_000);

  it('GIVEN_any_inserts_runs_failures_and_bases_WHEN_read_along_a_line_of_versions_THEN_each_row_is_used_once', async () => {
    await using lab = await CollectionsLab.open();
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (actions) => {
        for (const table of TABLES) {
          await lab.collections.remove(table).catch(() => undefined);
          await lab.collections.create({ name: table, columns: [{ name: 'x', type: 'integer' }] });
        }
        const world = new World(lab.collections, (name) => lab.file(name));
        for (const one of actions) {
          if (one.kind === 'insert') await world.insert(one.table, one.count);
          else await world.run(one);
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
