import assert from 'node:assert/strict';
import type { PipelineOnEdges } from '../../../plugins/model-management/editor/pipelines/pipeline-client';
import { arrange } from '../../../plugins/model-management/editor/pipelines/pipeline-order';

const aPipeline = (name: string, wish: Partial<PipelineOnEdges> = {}): PipelineOnEdges => ({
  id: name,
  name,
  state: 'listening',
  since: '2026-01-01T00:00:00.000Z',
  counters: { runs: 0, failed: 0, noOutput: 0, dropped: 0 },
  inbound: [],
  outbound: [],
  models: [],
  libraries: [],
  edges: [],
  lastRunAt: null,
  problems: [],
  ...wish,
});

describe('the list of pipelines', () => {
  const pipelines = [
    aPipeline('press', { inbound: ['plant/press'], models: ['iris'], lastRunAt: '2026-01-02T00:00:00.000Z' }),
    aPipeline('Alarm', { outbound: ['plant/alarm'], libraries: ['pipelib_scale'] }),
    aPipeline('mill', { inbound: ['plant/mill'], lastRunAt: '2026-01-03T00:00:00.000Z' }),
  ];

  for (const { name, search = '', order = 'name', found } of [
    { name: 'stands by name, whatever the case', found: ['Alarm', 'mill', 'press'] },
    {
      name: 'stands by the last run, and by name where there was none',
      order: 'last',
      found: ['mill', 'press', 'Alarm'],
    },
    { name: 'is searched by name', search: 'PRE', found: ['press'] },
    { name: 'is searched by topic', search: 'plant mill', found: ['mill'] },
    { name: 'is searched by model', search: 'iris', found: ['press'] },
    { name: 'is searched by library', search: 'scale', found: ['Alarm'] },
    { name: 'is empty where one of the words is not there', search: 'press nowhere', found: [] },
  ] as const) {
    it(name, () =>
      assert.deepEqual(
        arrange(pipelines, search, order).map((one) => one.name),
        found,
      ),
    );
  }
});
