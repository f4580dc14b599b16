import assert from 'node:assert/strict';
import type { Version } from '../../../plugins/model-management/editor/contract';
import {
  modelChanges,
  modelDraft,
  type VersionDraft,
  versionChanges,
  versionDraft,
} from '../../../plugins/model-management/editor/edit/drafts';

const version = {
  description: 'first',
  tags: { team: 'vision' },
  metrics: { accuracy: 0.9, loss: 1e-7 },
  labels: ['a', 'b'],
} as unknown as Version;
const before = versionDraft(version);
const entry = (name: string, value: string) => ({ name, value });

describe('what is said of a version, as a form', () => {
  it('starts from what is there', () =>
    assert.deepEqual(before, {
      description: 'first',
      tags: [entry('team', 'vision')],
      metrics: [entry('accuracy', '0.9'), entry('loss', '1e-7')],
      labels: 'a\nb',
      features: '',
    }));

  for (const { name, draft, patch } of [
    { name: 'nothing changed', draft: {}, patch: {} },
    { name: 'an empty row added', draft: { tags: [...before.tags, entry('', '')] }, patch: {} },
    { name: 'a description taken away', draft: { description: '' }, patch: { description: '' } },
    { name: 'a tag without a value', draft: { tags: [entry(' draft ', '')] }, patch: { tags: { draft: '' } } },
    { name: 'no tags left', draft: { tags: [] }, patch: { tags: {} } },
    {
      name: 'numbers as people write them',
      draft: { metrics: [entry('a', ' -.5 '), entry('b', '1E3'), entry('c', '+2.')] },
      patch: { metrics: { a: -0.5, b: 1_000, c: 2 } },
    },
    { name: 'names with blank lines', draft: { features: ' x \n\n y\n' }, patch: { features: ['x', 'y'] } },
    { name: 'names taken away', draft: { labels: '\n' }, patch: { labels: [] } },
  ] satisfies readonly { name: string; draft: Partial<VersionDraft>; patch: object }[]) {
    it(`${name}: sends ${JSON.stringify(patch)}`, () =>
      assert.deepEqual(versionChanges(before, { ...before, ...draft }), { patch }));
  }

  for (const [key, draft] of [
    ['edit.noTagName', { tags: [entry('', 'x')] }],
    ['edit.twice', { tags: [entry('a', '1'), entry('a ', '2')] }],
    ['edit.twice', { metrics: [entry('a', '1'), entry('a', '2')] }],
    ['edit.twice', { labels: 'a\nb\na' }],
    ['edit.badMetric', { metrics: [entry('my metric', '1')] }],
    ['edit.badMetric', { metrics: [entry('', '1')] }],
    ['edit.badMetric', { metrics: [entry('a=b', '1')] }],
    ['edit.badMetric', { metrics: [entry('1st', '1')] }],
    ['edit.reservedMetric', { metrics: [entry('collection_data_3', '1')] }],
    ['edit.badNumber', { metrics: [entry('a', '')] }],
    ['edit.badNumber', { metrics: [entry('a', '0,97')] }],
    ['edit.badNumber', { metrics: [entry('a', '0x10')] }],
    ['edit.badNumber', { metrics: [entry('a', '1e999')] }],
    ['edit.badNumber', { metrics: [entry('a', 'NaN')] }],
  ] satisfies readonly (readonly [string, Partial<VersionDraft>])[]) {
    it(`${JSON.stringify(draft)}: ${key}`, () => {
      const outcome = versionChanges(before, { ...before, ...draft });
      assert.ok('fault' in outcome);
      assert.equal(outcome.fault.key, key);
    });
  }

  it('of a model has description and tags', () => {
    const model = modelDraft({ description: '', tags: {} });
    assert.deepEqual(modelChanges(model, { description: 'x', tags: [] }), { patch: { description: 'x' } });
  });
});
