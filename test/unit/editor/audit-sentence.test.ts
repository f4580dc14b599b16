import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { auditActions } from '../../../lib/registry/types';
import { auditSentence } from '../../../plugins/model-management/editor/audit/audit-sentence';

describe('the audit in sentences', () => {
  for (const { entry, key, values } of [
    {
      entry: { action: 'alias.set', before: null, after: { alias: 'deployed', version: 1 } },
      key: 'deploy_first',
      values: { after: '1' },
    },
    {
      entry: {
        action: 'alias.set',
        before: { alias: 'deployed', version: 1 },
        after: { alias: 'deployed', version: 2 },
      },
      key: 'deploy',
      values: { before: '1', after: '2' },
    },
    {
      entry: { action: 'alias.set', before: null, after: { alias: 'canary', version: 2 } },
      key: 'alias_set_first',
      values: { alias: 'canary' },
    },
    {
      entry: { action: 'alias.set', before: { alias: 'canary', version: 2 }, after: { alias: 'canary', version: 3 } },
      key: 'alias_set',
      values: { alias: 'canary', before: '2', after: '3' },
    },
    {
      entry: { action: 'alias.delete', before: { alias: 'canary', version: 3 }, after: null },
      key: 'alias_delete',
      values: { version: '3' },
    },
    {
      entry: {
        action: 'rollback',
        before: { alias: 'deployed', version: 3 },
        after: { alias: 'deployed', version: 2 },
      },
      key: 'rollback',
      values: { before: '3', after: '2' },
    },
    {
      entry: { action: 'version.delete', before: { version: 2, digest: 'x' }, after: null },
      key: 'version_delete',
      values: { version: '2' },
    },
    {
      entry: { action: 'model.create', before: null, after: { name: 'iris' } },
      key: 'model_create',
      values: { name: 'iris' },
    },
  ] as const) {
    it(`${entry.action} of ${JSON.stringify(entry.after ?? entry.before)}: ${key}`, () => {
      const sentence = auditSentence(entry);
      assert.equal(sentence.key, `audit.action.${key}`);
      for (const [name, value] of Object.entries(values)) assert.equal(sentence.values[name], value, name);
    });
  }

  it('tell each tag and metric that changed, and leave out those that did not', () => {
    const { changes } = auditSentence({
      action: 'version.update',
      before: { version: 3, metrics: { accuracy: 0.9, loss: 1 }, description: 'old', labels: null },
      after: { version: 3, metrics: { accuracy: 0.95, loss: 1, constructor: 2 }, description: '', labels: ['a', 'b'] },
    });
    assert.deepEqual(changes, [
      { field: 'metrics', name: 'accuracy', before: '0.9', after: '0.95' },
      { field: 'metrics', name: 'constructor', before: '', after: '2' },
      { field: 'description', name: '', before: 'old', after: '' },
      { field: 'labels', name: '', before: '', after: 'a, b' },
    ]);
  });

  it('there is one for every action, in the words of the catalogue', () => {
    const file = 'plugins/model-management/runtime/locales/en-US/model-management.json';
    const { audit } = JSON.parse(readFileSync(file, 'utf8')) as { audit: { action: Record<string, string> } };
    for (const action of auditActions) {
      const { key } = auditSentence({ action, before: null, after: {} });
      assert.ok(audit.action[key.replace('audit.action.', '')], key);
    }
  });
});
