import type { PipelineOnEdges } from '../../../lib/edges/hub/pipelines/pipeline-views';
import type { PipelineNodeView, PipelineResultView, PipelineRunView } from '../../../lib/pipeline/pipelines/views';
import type { ListFields } from './list-query';

/* What lists of pipelines, here and on edges, are sorted and searched by. */

export const pipelineFields: ListFields<PipelineOnEdges> = {
  sortable: [
    'name',
    'id',
    'state',
    'since',
    'failedAt',
    'failedOnTab',
    'error',
    'counters',
    'inbound',
    'outbound',
    'models',
    'libraries',
    'edges',
    'lastRunAt',
    'problems',
  ],
  searchText: ({ name, inbound, outbound, models, libraries }) =>
    [name, ...inbound, ...outbound, ...models, ...libraries].join('\n'),
};

export const runFields: ListFields<PipelineRunView> = {
  sortable: [
    'id',
    'state',
    'startedAt',
    'finishedAt',
    'durationMs',
    'deliveries',
    'waitingIn',
    'dryRun',
    'timed',
    'error',
  ],
  searchText: ({ id, state, error }) => [id, state, error?.message ?? ''].join('\n'),
};

export const resultFields: ListFields<PipelineResultView> = {
  sortable: ['receivedAt', 'topic', 'payload', 'truncated', 'state', 'runId'],
  searchText: ({ topic, payload, state }) => [topic, JSON.stringify(payload), state].join('\n'),
};

export const nodeFields: ListFields<PipelineNodeView> = {
  sortable: ['node', 'received', 'failed', 'p50Ms', 'p99Ms', 'sampled', 'payload', 'truncated'],
  searchText: ({ node, payload }) => [node, payload].join('\n'),
};
