import assert from 'node:assert/strict';
import { fittingRows, prepareFittingRows, prepareRows, typeOfTexts, valueOfText } from '../../../lib/collections/rows';
import type { Column } from '../../../lib/collections/types';
import { uuid7 } from '../../../lib/collections/uuid7';
import { ModelManagementError } from '../../../lib/errors';

const defaults = { newItemId: () => 'id', created: '2026-01-01T00:00:00.000Z' };
const columns: readonly Column[] = [
  { name: 'a', type: 'number' },
  { name: 'ok', type: 'boolean' },
];

describe('rows for a collection', () => {
  it('become values in the order of the columns', () => {
    const { added, values } = prepareRows([{ ok: true, a: 1.5 }], columns, true, defaults);
    assert.deepEqual(added, []);
    assert.deepEqual(values, [['id', defaults.created, 1.5, 1]]);
  });

  it('make columns of new keys, by their first value that is one', () => {
    const { added, values } = prepareRows([{ b: null }, { b: 'x', c: [1] }], [], false, defaults);
    assert.deepEqual(added, [
      { name: 'b', type: 'text' },
      { name: 'c', type: 'json' },
    ]);
    assert.deepEqual(values, [
      ['id', defaults.created, null, null],
      ['id', defaults.created, 'x', '[1]'],
    ]);
  });

  it('keep the item_id and the time they bring', () => {
    const [row] = prepareRows([{ item_id: 'x', created: '2026-05-01T12:00:00+02:00' }], [], false, defaults).values;
    assert.deepEqual(row, ['x', '2026-05-01T10:00:00.000Z']);
  });

  const refused: readonly { readonly rows: readonly unknown[]; readonly field: string; readonly isFixed?: boolean }[] =
    [
      { rows: [1], field: 'rows.0' },
      { rows: [{ a: 1 }, null], field: 'rows.1' },
      { rows: [{ a: 'x' }], field: 'rows.0.a' },
      { rows: [{ a: Number.NaN }], field: 'rows.0.a' },
      { rows: [{ ok: 1 }], field: 'rows.0.ok' },
      { rows: [{ other: 1 }], field: 'rows.0.other', isFixed: true },
      { rows: [{ 'no name': 1 }], field: 'rows.0.no name' },
      { rows: [{ rowid: 1 }], field: 'rows.0.rowid' },
      { rows: [{ item_id: 7 }], field: 'rows.0.item_id' },
      { rows: [{ created: 'never' }], field: 'rows.0.created' },
    ];
  for (const { rows, field, isFixed = false } of refused) {
    it(`refuse all when ${field} does not fit: ${JSON.stringify(rows)}`, () => {
      assert.throws(
        () => prepareRows(rows, columns, isFixed, defaults),
        (error: unknown) => ModelManagementError.is(error) && error.details?.['field'] === field,
      );
    });
  }

  const parted: readonly {
    readonly what: string;
    readonly rows: readonly unknown[];
    readonly fitting: readonly number[];
    readonly misfits?: object;
    readonly isFixed?: boolean;
  }[] = [
    { what: 'all that fit', rows: [{ a: 1 }, { b: 'x' }], fitting: [0, 1] },
    {
      what: 'those between others',
      rows: [{ a: 1 }, { a: 'x', item_id: 'odd' }, { ok: 3 }, { a: 2 }],
      fitting: [0, 3],
      misfits: { count: 2, itemId: 'odd', fault: '"a": is the text "x", and the column holds finite numbers.' },
    },
    {
      what: 'none of a fixed collection with other columns',
      rows: [{ z: 1 }],
      fitting: [],
      isFixed: true,
      misfits: { count: 1, fault: '"z": is not a column of the collection.' },
    },
    {
      what: 'what is no row',
      rows: [7, { a: 1 }],
      fitting: [1],
      misfits: { count: 1, fault: 'is the number 7, not an object of column names and values.' },
    },
    {
      what: 'by columns that those which fit make, and not by others',
      rows: [{ a: 'x', b: 'text' }, { b: 5 }, { b: 'text' }],
      fitting: [1],
      misfits: { count: 2, fault: '"a": is the text "x", and the column holds finite numbers.' },
    },
  ];
  for (const { what, rows, fitting, misfits, isFixed = false } of parted) {
    it(`are told from those that do not fit: ${what}`, () => {
      const found = fittingRows(rows, columns, isFixed, defaults);
      assert.deepEqual(found, { fitting: fitting.map((index) => rows[index]), misfits });
      assert.deepEqual(prepareFittingRows(rows, columns, isFixed, defaults), {
        ...prepareRows(found.fitting, columns, isFixed, defaults),
        misfits,
      });
    });
  }

  it('tell the type of texts', () => {
    assert.equal(typeOfTexts(['1', '', '2.5e3']), 'number');
    assert.equal(typeOfTexts(['true', 'FALSE']), 'boolean');
    assert.equal(typeOfTexts(['1', 'x']), 'text');
    assert.equal(typeOfTexts(['', '']), 'text');
    assert.equal(valueOfText('', 'number', 0, 'a'), null);
    assert.equal(valueOfText('2.5', 'number', 0, 'a'), 2.5);
  });
});

describe('an item_id', () => {
  it('sorts by time, also within a millisecond, and is a UUID of version 7', () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => uuid7(1_700_000_000_000 + (index >> 13)));
    assert.deepEqual([...ids].sort(), ids);
    assert.equal(new Set(ids).size, ids.length);
    assert.match(ids[0] ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
