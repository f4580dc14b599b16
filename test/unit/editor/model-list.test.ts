import assert from 'node:assert/strict';
import type { ModelProcessState, ModelStats } from '../../../lib/inference/engine';
import type { Health, Model } from '../../../plugins/model-management/editor/contract';
import { arrange } from '../../../plugins/model-management/editor/models/model-order';
import { modelState, shownMetric } from '../../../plugins/model-management/editor/models/model-state';

interface ModelWish {
  readonly name?: string;
  readonly description?: string;
  readonly updatedAt?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly deployed?: number;
  /** Metrics per version, version 1 first. */
  readonly metrics?: readonly Readonly<Record<string, number>>[];
}

function aModel({
  name = 'iris',
  description = '',
  tags = {},
  updatedAt = '2026-01-01T00:00:00.000Z',
  deployed,
  metrics = [],
}: ModelWish = {}): Model {
  const versions = metrics.map((values, index) => ({ version: index + 1, metrics: values, aliases: [] })).reverse();
  return {
    name,
    description,
    updatedAt,
    versions,
    usedBy: [],
    tags,
    edges: [],
    aliases: deployed ? { deployed } : {},
    latestVersion: versions[0]?.version ?? null,
  } as unknown as Model;
}

function health(
  states: readonly (readonly [number, ModelProcessState])[],
  kind: Health['engine']['kind'] = 'native',
): Health {
  const models = states.map(([version, state]) => ({ model: 'iris', version, state }) as ModelStats);
  return {
    role: 'hub',
    nextRole: 'hub',
    isRoleSet: false,
    engine: { kind, version: '1', models },
    nodes: [],
    docker: { available: true },
    broker: { connected: true },
    auth: { adminAuth: true },
  };
}

describe('the state of a model in the list', () => {
  const two = aModel({ deployed: 1, metrics: [{}, {}] });
  for (const { name, model, facts, state } of [
    { name: 'without a version', model: aModel(), facts: health([]), state: 'empty' },
    { name: 'while nothing is known yet', model: two, facts: undefined, state: 'idle' },
    { name: 'that nothing loaded', model: two, facts: health([]), state: 'idle' },
    { name: 'whose deployed version answers', model: two, facts: health([[1, 'ready']]), state: 'running' },
    {
      name: 'while the next version is loaded beside it',
      model: two,
      facts: health([
        [1, 'ready'],
        [2, 'starting'],
      ]),
      state: 'loading',
    },
    { name: 'whose process starts again', model: two, facts: health([[1, 'restarting']]), state: 'loading' },
    {
      name: 'whose deployed version failed while another answers',
      model: two,
      facts: health([
        [2, 'ready'],
        [1, 'failed'],
      ]),
      state: 'failed',
    },
    { name: 'without a runtime', model: two, facts: health([], 'none'), state: 'unavailable' },
  ]) {
    it(`${name} is ${state}`, () => assert.equal(modelState(model, facts), state));
  }
});

describe('the metric a model shows', () => {
  it('is accuracy before others, of the deployed version, with its trend from the version before', () => {
    const model = aModel({
      deployed: 2,
      metrics: [{ loss: 1, accuracy: 0.9 }, { loss: 0.5, accuracy: 0.95 }, { accuracy: 0.1 }],
    });
    assert.deepEqual(shownMetric(model), { name: 'accuracy', value: 0.95, trend: 'up' });
  });
  it('compares with the nearest older version that has it', () => {
    const model = aModel({ deployed: 3, metrics: [{ f1: 0.5 }, {}, { f1: 0.4 }] });
    assert.deepEqual(shownMetric(model), { name: 'f1', value: 0.4, trend: 'down' });
  });
  it('has no trend when it is the first', () => {
    assert.deepEqual(shownMetric(aModel({ deployed: 1, metrics: [{ f1: 0.5 }] })), { name: 'f1', value: 0.5 });
  });
  it('is absent when the version has none', () => {
    assert.equal(shownMetric(aModel({ deployed: 1, metrics: [{}] })), undefined);
  });
});

describe('the order of the list', () => {
  const models = [
    aModel({ name: 'b10', updatedAt: '2026-01-03T00:00:00.000Z', deployed: 1, metrics: [{ f1: 0.2 }] }),
    aModel({ name: 'B2', updatedAt: '2026-01-05T00:00:00.000Z', description: 'Pumps of line 3' }),
    aModel({ name: 'a', updatedAt: '2026-01-04T00:00:00.000Z', deployed: 1, metrics: [{ f1: 0.9 }] }),
  ];
  const names = (found: readonly Model[]): readonly string[] => found.map(({ name }) => name);
  it('by name counts numbers as numbers', () =>
    assert.deepEqual(names(arrange(models, '', 'name')), ['a', 'B2', 'b10']));
  it('by change has the newest first', () =>
    assert.deepEqual(names(arrange(models, '', 'updated')), ['B2', 'a', 'b10']));
  it('by metric has the best first and those without last', () =>
    assert.deepEqual(names(arrange(models, '', 'metric')), ['a', 'b10', 'B2']));
  it('search wants every word, in name or description, in any case', () => {
    assert.deepEqual(names(arrange(models, 'LINE pump', 'name')), ['B2']);
    assert.deepEqual(names(arrange(models, 'b', 'name')), ['B2', 'b10']);
    assert.deepEqual(names(arrange(models, 'line x', 'name')), []);
  });
  it('search finds tags and aliases', () => {
    const tagged = [aModel({ name: 'a', tags: { team: 'Vision', draft: '' } }), aModel({ name: 'b', deployed: 1 })];
    assert.deepEqual(names(arrange(tagged, 'team:vision', 'name')), ['a']);
    assert.deepEqual(names(arrange(tagged, 'draft', 'name')), ['a']);
    assert.deepEqual(names(arrange(tagged, 'deployed', 'name')), ['b']);
  });
});
