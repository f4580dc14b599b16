import assert from 'node:assert/strict';
import type { EdgeHub } from '../../../lib/edges/hub/edge-hub';
import type { HubRun } from '../../../lib/edges/hub/runs/hub-run-document';
import { RunDesk, type RunDeskDeps } from '../../../lib/edges/hub/runs/run-desk';
import { type ErrorCode, ModelManagementError } from '../../../lib/errors';
import { silentLog } from '../../../lib/log';
import { aDigest } from '../../support/edge-run-builders';
import { waitFor } from '../../support/wait-for';

/** A desk with one run, whose outputs come or not as told. */
function aDeskWith(fetch: () => Promise<string>): RunDesk {
  const run = { _id: 'r', edge: 'edge-2', edgeKeyId: 'key' } as HubRun;
  const desk = new RunDesk({
    documents: { get: () => run, all: () => [run] },
    fetcherOf: async () => ({ fetch }),
    fetchPauseMs: 1,
    log: silentLog,
  } as unknown as RunDeskDeps);
  const standing = () => ({ name: 'edge-2', state: 'online', key: { id: 'key' } });
  desk.attach({ standing, onChange: () => () => undefined, onEvent: () => () => undefined } as unknown as EdgeHub);
  return desk;
}

const fails = (code: ErrorCode): Promise<never> =>
  Promise.reject(new ModelManagementError(code, 'It does not come.', 'Wait.'));

describe('the outputs of a run on an edge', () => {
  const file = { kind: 'outputs', digest: aDigest('outputs'), sizeBytes: 1 } as const;
  const { signal } = new AbortController();

  it('are given up when the edge is there and says again and again that they are not', async () => {
    let tries = 0;
    const desk = aDeskWith(() => {
      tries += 1;
      return fails('NOT_FOUND');
    });
    await assert.rejects(desk.fetch('r', file, signal), { code: 'NOT_FOUND' });
    assert.equal(tries, 10);
  });

  it('are waited for while the edge is away', async () => {
    let tries = 0;
    const desk = aDeskWith(async () => {
      tries += 1;
      return tries < 50 ? fails('TIMEOUT') : 'path';
    });
    assert.equal(await desk.fetch('r', file, signal), 'path');
  });

  it('are waited for no more when the run is ended', async () => {
    const abort = new AbortController();
    let tries = 0;
    const desk = aDeskWith(() => {
      tries += 1;
      return fails('TIMEOUT');
    });
    const fetched = desk.fetch('r', file, abort.signal);
    await waitFor(() => tries > 2, { what: 'some tries' });
    abort.abort();
    await assert.rejects(fetched);
  });
});
