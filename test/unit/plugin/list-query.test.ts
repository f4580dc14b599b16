import assert from 'node:assert/strict';
import type { Request } from 'express';
import { applyListQuery } from '../../../plugins/model-management/runtime/list-query';

interface Row {
  readonly name: string;
  readonly size?: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}

const rows: readonly Row[] = [
  { name: 'b10', size: 3, metrics: { accuracy: 0.5, 'f1.macro': 0.1 } },
  { name: 'B2', size: null, metrics: { accuracy: 0.9 } },
  { name: 'a', size: 20, metrics: {} },
];
const fields = { sortable: ['name', 'size', 'metrics.*'], searchText: ({ name }: Row) => name };
const ask = (query: Record<string, unknown>) => applyListQuery({ query } as unknown as Request, rows, fields);

describe('a list query', () => {
  for (const { query, names, total = 3 } of [
    { query: {}, names: ['b10', 'B2', 'a'] },
    { query: { sort: 'name' }, names: ['a', 'B2', 'b10'] },
    { query: { sort: 'name', order: 'desc' }, names: ['b10', 'B2', 'a'] },
    { query: { sort: 'size' }, names: ['b10', 'a', 'B2'] },
    { query: { sort: 'size', order: 'desc' }, names: ['a', 'b10', 'B2'] },
    { query: { sort: 'metrics.accuracy', order: 'desc' }, names: ['B2', 'b10', 'a'] },
    { query: { sort: 'metrics.f1.macro' }, names: ['b10', 'B2', 'a'] },
    { query: { order: 'desc' }, names: ['a', 'B2', 'b10'] },
    { query: { search: ' B ' }, names: ['b10', 'B2'], total: 2 },
    { query: { limit: '0' }, names: [] },
    { query: { limit: '1', offset: '1' }, names: ['B2'] },
    { query: { offset: '9' }, names: [] },
  ]) {
    it(`answers ${JSON.stringify(query)}`, () => {
      const answer = ask(query);
      assert.deepEqual({ names: answer.items.map(({ name }) => name), total: answer.total }, { names, total });
    });
  }

  for (const [query, field] of [
    [{ limit: '-1' }, 'limit'],
    [{ limit: '1001' }, 'limit'],
    [{ limit: '1.5' }, 'limit'],
    [{ limit: '' }, 'limit'],
    [{ offset: 'x' }, 'offset'],
    [{ order: 'up' }, 'order'],
    [{ sort: 'secret' }, 'sort'],
    [{ sort: 'metrics.' }, 'sort'],
    [{ sort: ['name', 'size'] }, 'sort'],
  ] as const) {
    it(`refuses ${JSON.stringify(query)}, naming the parameter`, () => {
      assert.throws(() => ask(query), { code: 'INVALID_INPUT', details: { field } });
    });
  }
});
