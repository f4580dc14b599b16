import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import type { Model } from '../../../lib/registry/types';
import type { HttpAnswer } from '../../support/admin-client';
import { dataFolderFiles } from '../../support/data-folder-files';
import { HealthWatch, healthWords } from '../../support/health-watch';
import { hostileModels } from '../../support/hostile-models';
import { leftoversOf } from '../../support/leftovers';
import { peakMemoryBytes } from '../../support/process-memory';
import { childPids } from '../../support/process-state';
import { rawArchive, rawEntry } from '../../support/raw-tar';
import { requireOrSkip } from '../../support/requirement';
import { UploadLab } from '../../support/upload-lab';
import { waitFor } from '../../support/wait-for';

const MIB = 2 ** 20;
const GOOD_COUNT = 50;
const MODEL_COUNT = 10;
/** Of four kinds, ten of each. */
const BAD_COUNT = 40;
/** Far below a hundred times anything that belongs to one upload. */
const memoryGrowthLimitBytes = 250 * MIB;
const tar = { 'content-type': 'application/x-tar' };

const hostile = (name: RegExp): Buffer =>
  hostileModels.find((one) => name.test(one.name))?.bytes() ?? assert.fail(`no model with ${name}`);

describe('a hundred uploads at once', function () {
  this.timeout(600_000);

  it('are all answered rightly, a few processes at a time, while Node-RED answers', async function () {
    requireOrSkip(this, process.platform === 'linux', 'the process figures of Linux');
    // A hundred share the processors: none of these files is refused for the time it takes.
    const engine = { loadTimeoutMs: 60_000, requestTimeoutMs: 30_000, memoryLimitBytes: 1_024 * MIB, maxProcesses: 4 };
    await using lab = await UploadLab.start({ modelManagement: { engine } });
    const { nodeRed, api } = lab;
    await api.ok(201, 'POST', 'models/plus/versions', lab.nextModel());
    const before = await leftoversOf(nodeRed);
    const memoryBefore = peakMemoryBytes(nodeRed.pid);

    type Sent = HttpAnswer<{ error?: { code: string } }>;
    const bad: readonly (() => Promise<Sent>)[] = [
      () => api.send<Sent['body']>('POST', 'models/bad/versions?create=true', hostile(/Expand/)),
      () => api.send<Sent['body']>('POST', 'models/bad/versions?create=true', hostile(/random bytes/)),
      () =>
        api.send<Sent['body']>('POST', 'models/bad/versions?create=true', hostile(/functions that call each other/)),
      () =>
        api.send<Sent['body']>(
          'POST',
          'models/bad/versions?create=true',
          rawArchive(rawEntry({ name: '../x' }, 'x')),
          tar,
        ),
    ];
    const sendings: readonly (() => Promise<Sent>)[] = [
      ...Array.from(
        { length: GOOD_COUNT },
        () => () => api.send<Sent['body']>('POST', 'models/plus/versions', lab.nextModel()),
      ),
      ...Array.from({ length: MODEL_COUNT }, (_, n) => () => {
        const path = `models/own-${n}/versions?create=true&alias=deployed`;
        return api.send<Sent['body']>('POST', path, lab.nextModel());
      }),
      ...Array.from({ length: BAD_COUNT }, (_, n) => bad[n % bad.length] ?? assert.fail()),
    ];
    assert.equal(sendings.length, 100);

    const watch = await HealthWatch.start(nodeRed);
    let mostProcesses = 0;
    const counting = setInterval(() => {
      mostProcesses = Math.max(mostProcesses, childPids(nodeRed.pid).length);
    }, 20);
    const answers = await Promise.all(sendings.map((send) => send())).finally(() => clearInterval(counting));
    const record = await watch.stop();
    const grownBytes = peakMemoryBytes(nodeRed.pid) - memoryBefore;
    process.stdout.write(
      `      health: ${healthWords(record)}; at most ${mostProcesses} processes; ` +
        `Node-RED grew by ${Math.round(grownBytes / MIB)} MiB\n`,
    );

    const seen = answers.map(({ status, body }) => (status === 201 ? 201 : `${status} ${body.error?.code}`));
    assert.deepEqual(seen, [
      ...Array(GOOD_COUNT + MODEL_COUNT).fill(201),
      ...Array(BAD_COUNT).fill('422 INVALID_MODEL'),
    ]);
    // A promise of the product, not a measurement of the machine: whatever is uploaded, Node-RED answers within a second.
    assert.ok(record.slowestMs < 1_000, healthWords(record));
    assert.equal(record.failureCount, 0);
    const tryingCount = Math.min(4, availableParallelism());
    const commitCount = 4;
    assert.ok(mostProcesses <= engine.maxProcesses + tryingCount + commitCount, `${mostProcesses} processes at a time`);
    assert.ok(grownBytes < memoryGrowthLimitBytes, `Node-RED grew by ${grownBytes} bytes`);

    const plus = await api.ok<Model>(200, 'GET', 'models/plus');
    assert.deepEqual(
      plus.versions.map(({ version }) => version).sort((a, b) => a - b),
      Array.from({ length: GOOD_COUNT + 1 }, (_, n) => n + 1),
    );
    assert.deepEqual(plus.aliases, { deployed: 1 });
    for (let n = 0; n < MODEL_COUNT; n++) {
      assert.deepEqual((await api.ok<Model>(200, 'GET', `models/own-${n}`)).aliases, { deployed: 1 });
    }
    await api.refused(404, 'MODEL_NOT_FOUND', 'GET', 'models/bad');
    await waitFor(async () => (await leftoversOf(nodeRed)).engineFolderCount <= engine.maxProcesses, {
      what: 'no process but those of loaded versions',
    });
    const after = await dataFolderFiles(nodeRed);
    assert.deepEqual([after.unfinished, after.blobs.length], [[], before.blobs.length + GOOD_COUNT + MODEL_COUNT]);
  });
});
