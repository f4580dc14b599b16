import assert from 'node:assert/strict';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import { hasStrace, traceRuntime } from '../../support/traced-runtime';

/** With its telemetry on, onnxruntime-node 1.30 looks up its server between the third and the ninth second. */
const LONG_ENOUGH_MS = 15_000;

describe('The runtime in the environment of an engine process', () => {
  it('reaches for no network in the time in which its telemetry would', async function () {
    requireOrSkip(this, hasStrace, 'strace');
    this.timeout(LONG_ENOUGH_MS + 30_000);
    await using folder = await temporaryFolder();
    const { networkCalls } = await traceRuntime(folder.path, LONG_ENOUGH_MS);
    assert.doesNotMatch(networkCalls, /AF_INET/);
  });
});
