import assert from 'node:assert/strict';
import { type ErrorCode, ModelManagementError } from '../../../lib/errors';
import type { LinkState } from '../../../lib/pipeline/library';
import { type StatusFacts, statusOf } from '../../../nodes/pipelib/status';

const failed = (code: ErrorCode, details = {}): LinkState => ({
  status: 'failed',
  error: new ModelManagementError(code, 'm', 'h', { details }),
});
const ready: LinkState = { status: 'ready', library: { revision: 1, exec: () => Promise.resolve() } };

interface Row extends Partial<StatusFacts> {
  readonly state: LinkState;
  readonly shown: string;
}

const rows: readonly Row[] = [
  { state: { status: 'waiting' }, shown: 'yellow ring starting' },
  { state: { status: 'missing' }, shown: 'red ring no library clean' },
  { state: { status: 'missing' }, library: '', shown: 'red ring no library chosen' },
  { state: { status: 'missing' }, library: 'pipelib_a_long_name_it_is', shown: 'red ring no library a_long_…' },
  { state: failed('INVALID_LIBRARY', { line: 3 }), shown: 'red ring broken: line 3' },
  { state: failed('INVALID_LIBRARY', { line: 123_456_789 }), shown: 'red ring broken: line 12345…' },
  { state: failed('INVALID_LIBRARY'), shown: 'red ring broken' },
  { state: failed('DATA_DIR_LOCKED'), shown: 'red ring data folder in use' },
  { state: ready, shown: 'green dot ready' },
  { state: ready, perSecond: 12, shown: 'green dot 12/s' },
  { state: ready, perSecond: 12_345, shown: 'green dot 12.3k/s' },
  { state: ready, joinedCount: 2, shown: 'green dot joins 2' },
  { state: ready, joinedCount: 2, perSecond: 9, shown: 'green dot joins 2 · 9/s' },
  { state: ready, lostCount: 4, shown: 'green dot 4 lost' },
  { state: ready, joinedCount: 2, lostCount: 4, shown: 'green dot joins 2 · 4 lost' },
  { state: ready, joinedCount: 2, perSecond: 9, lostCount: 4, shown: 'green dot 9/s · 4 lost' },
  { state: ready, perSecond: 12_345, lostCount: 1_234_567, shown: 'green dot 12.3k/s · 1.2M lost' },
  { state: ready, joinedCount: 2, waitsFor: 'limits', shown: 'blue ring waits: limits' },
  { state: ready, isFailing: true, perSecond: 3, shown: 'red dot error' },
];

describe('the status under a pipelib', () => {
  for (const { shown, ...row } of rows) {
    it(`is "${shown}"`, () => {
      const { fill, shape, text } = statusOf({
        library: 'pipelib_clean',
        perSecond: 0,
        isFailing: false,
        joinedCount: 0,
        waitsFor: undefined,
        lostCount: 0,
        ...row,
      });
      assert.equal(`${fill} ${shape} ${text}`, shown);
      assert.ok(text.length < 20, 'the editor cuts longer texts');
    });
  }
});
