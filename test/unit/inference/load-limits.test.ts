import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import {
  defaultMemoryLimitBytes,
  isAllocationFailure,
  loadTimeoutMs,
  machineMemoryBytes,
  probeMemoryBytes,
} from '../../../lib/inference/processes/load-limits';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe('What a model file may take while it is tried', () => {
  for (const { file, limit, bytes } of [
    { file: 0, limit: 8 * GIB, bytes: 2 * GIB },
    { file: 100 * MIB, limit: 8 * GIB, bytes: 2 * GIB + 1_000 * MIB },
    { file: 2 * GIB, limit: 8 * GIB, bytes: 8 * GIB },
    { file: 0, limit: 512 * MIB, bytes: 512 * MIB },
  ]) {
    it(`is ${bytes / MIB} MiB of memory for ${file / MIB} MiB, where ${limit / MIB} MiB are the most`, () => {
      assert.equal(probeMemoryBytes(file, limit), bytes);
    });
  }

  for (const [file, timeoutMs] of [
    [0, 60_000],
    [500, 60_000],
    [512 * MIB, 120_000],
    [2 * GIB, 300_000],
  ] as const) {
    it(`is ${timeoutMs} ms for ${file} bytes`, () => assert.equal(loadTimeoutMs(file, 60_000), timeoutMs));
  }

  it('is half of the machine where nobody has said it, and never more than the machine has', () => {
    assert.equal(defaultMemoryLimitBytes(8 * GIB), 4 * GIB);
    assert.ok(machineMemoryBytes() > 0 && machineMemoryBytes() <= totalmem());
  });
});

describe('The words of a runtime without memory', () => {
  for (const [words, isOne] of [
    ['BFCArena::AllocateRawInternal(…) Failed to allocate memory for requested buffer of size 42949672960', true],
    ['Load model from x failed:std::bad_alloc', true],
    ['Array buffer allocation failed', true],
    ['Got invalid dimensions for input: x', false],
  ] as const) {
    it(`${isOne ? 'are' : 'are not'} "${words}"`, () => assert.equal(isAllocationFailure(words), isOne));
  }
});
