import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import type { RouteState } from '../../../lib/inference/route';
import type { ServedVersion } from '../../../lib/inference/served-version';
import { type StatusFacts, statusOf } from '../../../nodes/onnx-model/status';

const served = (version: number | null): ServedVersion => ({ version }) as ServedVersion;
const error = (code: 'DATA_DIR_LOCKED' | 'ENGINE_UNAVAILABLE' | 'TIMEOUT') => new ModelManagementError(code, 'm', 'h');
const iris = { kind: 'model', model: 'iris', ref: 'deployed' } as const;

interface Row extends Partial<StatusFacts> {
  readonly state: RouteState;
  readonly shown: string;
}

const rows: readonly Row[] = [
  { state: { status: 'missing' }, shown: 'red ring no model iris' },
  { state: { status: 'missing' }, route: { ...iris, ref: '3' }, shown: 'red ring no iris v3' },
  { state: { status: 'missing' }, route: { ...iris, ref: 'canary' }, shown: 'red ring no iris canary' },
  { state: { status: 'missing' }, route: { ...iris, model: '' }, shown: 'red ring no model chosen' },
  {
    state: { status: 'missing' },
    route: { kind: 'file', model: 'models/a.onnx', ref: '' },
    shown: 'red ring no model file',
  },
  {
    state: { status: 'missing' },
    route: { ...iris, model: 'a-very-long-model-name' },
    shown: 'red ring no model a-very-lo…',
  },
  { state: { status: 'missing' }, route: { kind: 'file', model: '', ref: '' }, shown: 'red ring no file chosen' },
  { state: { status: 'loading', version: null }, shown: 'yellow ring loading' },
  {
    state: { status: 'loading', version: null },
    route: { kind: 'file', model: 'models/a.onnx', ref: '' },
    shown: 'yellow ring loading file',
  },
  { state: { status: 'loading', version: 4 }, shown: 'yellow ring loading v4' },
  { state: { status: 'failed', error: error('DATA_DIR_LOCKED') }, shown: 'red ring data folder in use' },
  { state: { status: 'failed', error: error('ENGINE_UNAVAILABLE') }, shown: 'red ring no ONNX runtime' },
  { state: { status: 'failed', error: error('TIMEOUT') }, shown: 'red ring timeout' },
  { state: { status: 'serving', served: served(3) }, shown: 'green dot v3' },
  { state: { status: 'serving', served: served(3) }, perSecond: 12, shown: 'green dot v3 · 12/s' },
  { state: { status: 'serving', served: served(3) }, perSecond: 12_345, shown: 'green dot v3 · 12.3k/s' },
  { state: { status: 'serving', served: served(null) }, shown: 'green dot file' },
  { state: { status: 'serving', served: served(3) }, isFailing: true, shown: 'red dot v3 · error' },
  {
    state: { status: 'serving', served: served(3), next: { status: 'loading', version: 4 } },
    shown: 'yellow dot v3 · v4 loads',
  },
  {
    state: { status: 'serving', served: served(3), next: { status: 'failed', version: 4, error: error('TIMEOUT') } },
    shown: 'yellow ring v3 · swap failed',
  },
  { state: { status: 'serving', served: served(3) }, joinedCount: 2, shown: 'green dot v3 · joins 2' },
  {
    state: { status: 'serving', served: served(3) },
    joinedCount: 2,
    perSecond: 9,
    shown: 'green dot v3 · joins 2 · 9/s',
  },
  {
    state: { status: 'serving', served: served(3) },
    perSecond: 12,
    lostCount: 4,
    shown: 'green dot v3 · 12/s · 4 lost',
  },
  {
    state: { status: 'serving', served: served(1234) },
    perSecond: 1_200,
    joinedCount: 2,
    lostCount: 12_345,
    shown: 'green dot v1234 · 12.3k lost',
  },
  {
    state: { status: 'serving', served: served(3) },
    joinedCount: 2,
    waitsFor: 'limits',
    shown: 'blue ring waits: limits',
  },
  {
    state: { status: 'serving', served: served(3) },
    joinedCount: 2,
    waitsFor: 'a parent with a long name',
    shown: 'blue ring waits: a parent wi…',
  },
];

describe('the status under an onnx-model', () => {
  for (const row of rows) {
    const { shown, state, route = iris, perSecond = 0, isFailing = false } = row;
    const { joinedCount = 0, waitsFor, lostCount = 0 } = row;
    it(`is "${shown}"`, () => {
      const { fill, shape, text } = statusOf({
        route,
        state,
        perSecond,
        isFailing,
        joinedCount,
        waitsFor,
        lostCount,
      });
      assert.equal(`${fill} ${shape} ${text}`, shown);
      assert.ok(text.length < 20, 'the editor cuts longer texts');
    });
  }
});
