import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock';
import { LiveLog } from '../../../lib/edges/agent/runs/live-log';
import { MAX_LIVE_LINE_LENGTH, RunLogEvent } from '../../../lib/edges/protocol/run-documents';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

const fence = { epoch: 'epoch', counter: 1 };

describe('the live log of a run on an edge', () => {
  const open = async (path: string) => {
    const told: RunLogEvent[] = [];
    const link = { isConnected: true };
    const deps = {
      clock: systemClock,
      isConnected: () => link.isConnected,
      tell: (event: RunLogEvent): void => void told.push(RunLogEvent.parse(event)),
    };
    await writeFile(path, 'said before\n');
    const log = await LiveLog.open(deps, 'run-1', fence, path);
    const lines = (): readonly string[] => told.flatMap((event) => event.lines);
    return { log, told, lines, link };
  };

  it('tells whole lines that come, and not what was there', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'log');
    const { log, lines } = await open(path);
    await appendFile(path, 'one\ntwo\nhal');
    log.notice();
    await waitFor(() => lines().length === 2);
    await appendFile(path, `f\n${'x'.repeat(5_000)}\n`);
    log.notice();
    await waitFor(() => lines().length === 4);
    assert.deepEqual(lines(), ['one', 'two', 'half', 'x'.repeat(MAX_LIVE_LINE_LENGTH)]);
    await log.end();
  });

  it('tells the latest of what was said without a connection, and how much is missing', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'log');
    const { log, told, lines, link } = await open(path);
    link.isConnected = false;
    const all = Array.from({ length: 20_000 }, (_, n) => `line ${n}`);
    await appendFile(path, `${all.join('\n')}\n`);
    log.notice();
    link.isConnected = true;
    log.notice();
    await waitFor(() => lines().at(-1) === 'line 19999', { timeoutMs: 60_000, intervalMs: 50 });
    const dropped = told.reduce((sum, event) => sum + (event.dropped ?? 0), 0);
    assert.equal(dropped + lines().length, 20_000);
    assert.deepEqual(lines(), all.slice(dropped));
    assert.ok(dropped > 0);
    await log.end();
  }).timeout(90_000);
});
