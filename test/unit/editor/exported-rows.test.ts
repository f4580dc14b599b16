import assert from 'node:assert/strict';
import { rowsFromCsv } from '../../../plugins/model-management/editor/clearblade/csv';
import { rowsFromText } from '../../../plugins/model-management/editor/clearblade/exported-rows';

const pipeline = { name: 'p', steps: {} };
const model = { name: 'iris', to_deploy: true };
const job = { name: 'iris_job', training_edge: 'e' };

describe('rows of an export', () => {
  for (const [what, value, found] of [
    ['one row', pipeline, [1, 0, 0]],
    ['a list of rows of all kinds', [pipeline, model, job, pipeline], [2, 1, 1]],
    ['rows by the names of their collections', { pipelines: [pipeline], models: [model], jobs: [job] }, [1, 1, 1]],
    ['an answer of the platform', { DATA: [pipeline, job], TOTAL: 2 }, [1, 0, 1]],
    ['an answer in other letters', { Data: [pipeline] }, [1, 0, 0]],
    [
      'answers below the names of the collections',
      { pipelines: { DATA: [pipeline] }, models: { Data: [model] } },
      [1, 1, 0],
    ],
    ['rows that only the name above them tells', { models: [{ name: 'iris' }], jobs: [{ name: 'j' }] }, [0, 1, 1]],
    ['rows among other things', [pipeline, 7, null, { a: 1 }], [1, 0, 0]],
  ] as const) {
    it(`are found in ${what}`, () => {
      const rows = rowsFromText(JSON.stringify(value));
      assert.deepEqual([rows?.pipelines.length, rows?.models.length, rows?.jobs.length], found);
    });
  }

  for (const text of ['', '{', '7', '"text"', '[]', '{}', 'just words', '[{"a":1}]', 'a,b\n1,2']) {
    it(`are not found in ${JSON.stringify(text)}`, () => assert.equal(rowsFromText(text), undefined));
  }

  it('are found however many there are', () => {
    const rows = rowsFromText(JSON.stringify(Array.from({ length: 200_000 }, () => ({ steps: 1 }))));
    assert.equal(rows?.pipelines.length, 200_000);
  });

  it('come out of CSV as they went in, with JSON in their fields', () => {
    const steps = { InboundStep: { label: 'say "hi", twice\nor more' } };
    const quoted = `"${JSON.stringify(steps).replaceAll('"', '""')}"`;
    const rows = rowsFromText(`item_id,name,steps,status\r\n1,first,${quoted},\r\n2,second,"{}",IDLE\r\n`);
    assert.deepEqual(rows?.pipelines, [
      { item_id: '1', name: 'first', steps: JSON.stringify(steps) },
      { item_id: '2', name: 'second', steps: '{}', status: 'IDLE' },
    ]);
  });
});

describe('comma-separated text', () => {
  for (const { text, rows } of [
    { text: 'a,b\n1,2', rows: [{ a: '1', b: '2' }] },
    { text: '\uFEFFa,b\r\n1,2\r\n', rows: [{ a: '1', b: '2' }] },
    { text: 'a,b\n"x,y","1\n2"\n', rows: [{ a: 'x,y', b: '1\n2' }] },
    { text: 'a,b\n,2\n1\n', rows: [{ b: '2' }, { a: '1' }] },
    { text: 'a,b\n"",""\n3,4', rows: [{ a: '3', b: '4' }] },
    { text: 'a,b\n"say ""hi""",2', rows: [{ a: 'say "hi"', b: '2' }] },
    { text: 'a,b\nsay "hi",2', rows: [{ a: 'say "hi"', b: '2' }] },
    { text: 'a,b\n\n1,2\n\n', rows: [{ a: '1', b: '2' }] },
    { text: 'a,b\n1,', rows: [{ a: '1' }] },
    { text: 'a,b\n1,"2', rows: undefined },
    { text: 'a,b', rows: undefined },
    { text: 'only one\ncolumn', rows: undefined },
    { text: '', rows: undefined },
  ]) {
    it(`${JSON.stringify(text)} is ${JSON.stringify(rows)}`, () => assert.deepEqual(rowsFromCsv(text), rows));
  }

  it('may hold a field of many megabytes', () => {
    const field = 'x""'.repeat(4_000_000);
    const [row] = rowsFromCsv(`a,b\n1,"${field}"`) ?? [];
    assert.equal(row?.['b']?.length, 8_000_000);
  });

  it('may be quotes and nothing else', () => {
    assert.equal(rowsFromCsv(`a,b\n1,${'"'.repeat(400_001)}`), undefined);
    assert.deepEqual(rowsFromCsv(`a,b\n1,${'"'.repeat(400_000)}`), [{ a: '1', b: '"'.repeat(199_999) }]);
  });
});
