import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { LibraryName } from '../../../lib/ids';
import type { Library } from '../../../plugins/model-management/editor/libraries/contract';
import {
  copyName,
  endingOf,
  isLibraryName,
  nameFault,
} from '../../../plugins/model-management/editor/libraries/library-name';
import { arrange } from '../../../plugins/model-management/editor/libraries/library-order';
import { copyOf, forms, templateOf } from '../../../plugins/model-management/editor/libraries/templates';

describe('the name of a library', () => {
  for (const [text, ending] of [
    ['round', 'round'],
    [' round ', 'round'],
    ['pipelib_round', 'round'],
    ['pipelib_', ''],
    ['pipelib', 'pipelib'],
  ] as const) {
    it(`typed as “${text}” ends in “${ending}”`, () => assert.equal(endingOf(text), ending));
  }

  for (const [ending, fault] of [
    ['round', undefined],
    ['', undefined],
    ['round_2', undefined],
    ['a b', 'characters'],
    ['größe', 'characters'],
    ['a-b', 'characters'],
    ['x'.repeat(56), undefined],
    ['x'.repeat(57), 'length'],
    ['there', 'taken'],
    ['There', undefined],
  ] as const) {
    it(`“${ending}” is wrong by ${fault ?? 'nothing'}`, () =>
      assert.equal(nameFault(ending, ['pipelib_there']), fault));
  }

  for (const name of ['pipelib_a', 'pipelib_', 'pipelib_a-b', 'a', `pipelib_${'x'.repeat(57)}`, 'Pipelib_a']) {
    it(`${name}: the editor and the server agree`, () =>
      assert.equal(isLibraryName(name), LibraryName.safeParse(name).success));
  }

  it('of a copy is free', () => {
    assert.equal(copyName('pipelib_a', []), 'a_copy');
    assert.equal(copyName('pipelib_a', ['pipelib_a_copy']), 'a_copy2');
    assert.equal(nameFault(copyName(`pipelib_${'x'.repeat(56)}`, []), []), undefined);
  });
});

describe('the template of a library', () => {
  const comment = (key: string): string => `about ${key}`;
  for (const form of forms) {
    it(`${form} runs as it is and gives back what it gets`, () => {
      const source = templateOf(form, 'pipelib_new', comment);
      const globals = { module: { exports: undefined as unknown } };
      runInNewContext(`${source}\nresult = (module.exports ?? new pipelib_new()).exec(42)`, globals);
      assert.equal(Reflect.get(globals, 'result'), 42);
      assert.match(source, /^\/\/ about purpose\n/);
    });
  }

  it('is followed by a copy: only the whole name changes', () => {
    assert.equal(
      copyOf('function pipelib_a() {}\npipelib_ab; // pipelib_a', 'pipelib_a', 'pipelib_b'),
      'function pipelib_b() {}\npipelib_ab; // pipelib_b',
    );
  });
});

describe('the list of libraries', () => {
  const aLibrary = (name: string, more: Partial<Library> = {}): Library =>
    ({ name: `pipelib_${name}`, description: '', builtIn: false, updatedAt: null, usedBy: [], ...more }) as Library;
  const usedBy = (count: number): Library['usedBy'] =>
    Array.from({ length: count }, (_, id) => ({ kind: 'node', id: String(id), name: '' }));
  const all = [
    aLibrary('b10', { updatedAt: '2026-01-01T00:00:00.000Z' }),
    aLibrary('B2', { description: 'line pump', usedBy: usedBy(2), updatedAt: '2026-02-01T00:00:00.000Z' }),
    aLibrary('merge', { builtIn: true, usedBy: usedBy(5) }),
    aLibrary('argmax', { builtIn: true }),
  ];
  const names = (libraries: readonly Library[]): readonly string[] => libraries.map(({ name }) => endingOf(name));

  it('begins with one’s own', () => {
    assert.deepEqual(names(arrange(all, '', 'name')), ['B2', 'b10', 'argmax', 'merge']);
    assert.deepEqual(names(arrange(all, '', 'updated')), ['B2', 'b10', 'argmax', 'merge']);
    assert.deepEqual(names(arrange(all, '', 'used')), ['B2', 'b10', 'merge', 'argmax']);
  });

  it('is searched by words of name and description', () => {
    assert.deepEqual(names(arrange(all, 'PUMP line', 'name')), ['B2']);
    assert.deepEqual(names(arrange(all, 'pump x', 'name')), []);
    assert.deepEqual(names(arrange(all, '  ', 'name')).length, 4);
  });
});
