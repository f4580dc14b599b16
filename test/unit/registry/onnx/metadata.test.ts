import assert from 'node:assert/strict';
import fc from 'fast-check';
import { featuresOf, labelsOf } from '../../../../lib/registry/onnx/metadata';

describe('names in the metadata of a model', () => {
  for (const { name, text, names } of [
    { name: 'a JSON list', text: '["a","b c"]', names: ['a', 'b c'] },
    { name: 'a JSON list of numbers', text: '[0, 1]', names: ['0', '1'] },
    { name: 'a Python list', text: "['a', \"it's\", 'it\\'s not',]", names: ['a', "it's", "it's not"] },
    { name: 'text with commas', text: ' a, b ,c', names: ['a', 'b', 'c'] },
    { name: 'one name', text: 'a', names: ['a'] },
    {
      name: 'a Python dictionary by index',
      text: "{0: 'person', 1: 'traffic light', 2: \"men's\"}",
      names: ['person', 'traffic light', "men's"],
    },
    { name: 'a JSON dictionary by index, in any order', text: '{"1": "b", "0": "a"}', names: ['a', 'b'] },
    { name: 'nothing', text: '', names: undefined },
    { name: 'an empty list', text: '[]', names: undefined },
    { name: 'names that repeat', text: 'a,b,a', names: undefined },
    { name: 'an empty name', text: 'a,,b', names: undefined },
    { name: 'a dictionary with gaps', text: "{0: 'a', 2: 'b'}", names: undefined },
    { name: 'a dictionary by name', text: '{"a": 1}', names: undefined },
    { name: 'a list of lists', text: '[["a"]]', names: undefined },
    { name: 'half a list', text: "['a', ", names: undefined },
  ]) {
    it(`are ${names ? 'read from' : 'not there in'} ${name}`, () => {
      assert.deepEqual(labelsOf(new Map([['names', text]])), names);
    });
  }

  it('come from the most specific key that can be understood', () => {
    const metadata = new Map([
      ['names', 'n'],
      ['classes', 'c'],
      ['labels', '[]'],
      ['feature_names', 'f,g'],
    ]);
    assert.deepEqual(labelsOf(metadata), ['c']);
    assert.deepEqual(featuresOf(metadata), ['f', 'g']);
    assert.equal(featuresOf(new Map()), undefined);
  });

  it('take no time to be refused, whatever the text', () => {
    const hostile = [
      `{${' '.repeat(200_000)}`,
      `[${"'a',".repeat(50_000)}`,
      `{${"0: 'a', ".repeat(30_000)}`,
      `['${'\\'.repeat(200_000)}`,
      `['a'${' '.repeat(200_000)}!`,
    ];
    for (const text of hostile) assert.equal(labelsOf(new Map([['labels', text]])), undefined);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', '{', "'", '"', ',', ':', ' ', '\\', '0', 'a', '}', ']') }),
        (text) => {
          const names = labelsOf(new Map([['labels', text]]));
          assert.ok(names === undefined || (names.length > 0 && names.every((name) => typeof name === 'string')));
        },
      ),
    );
  });
});
