import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryModel } from '../../support/fault-models';
import { buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { UploadLab } from '../../support/upload-lab';

const MIB = 2 ** 20;
const NAME = `model-management-${process.pid}`;
/** Where the versions of cgroups have their groups, and what their limit is called. */
const cgroups = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
];

/** The folder of a machine of 700 MiB, as far as memory goes; undefined where we may not make one. */
function makeSmallMachine(): string | undefined {
  for (const { root, limit } of cgroups) {
    const folder = join(root, NAME);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      writeFileSync(join(folder, limit), String(700 * MIB));
      return folder;
    } catch {
      rmdirSync(folder);
    }
  }
  return undefined;
}

describe('A machine without memory', function () {
  this.timeout(120_000);

  it('GIVEN_a_memory_limit_beyond_the_machine_WHEN_a_request_fills_it_THEN_the_kernel_ends_the_model_and_not_Node-RED', async function () {
    const machine = makeSmallMachine();
    requireOrSkip(this, machine !== undefined, 'the right to make a memory cgroup');
    const folder = machine ?? '';
    try {
      await using lab = await UploadLab.start({ modelManagement: { engine: { memoryLimitBytes: 50_000 * MIB } } });
      const { api, nodeRed } = lab;
      writeFileSync(join(folder, 'cgroup.procs'), String(nodeRed.pid));
      await api.ok(201, 'POST', 'models/memory/versions?create=true', buildModel(memoryModel()));
      const infer = (count: number) => api.send('POST', 'models/memory/versions/1/infer', { payload: [count] });
      assert.equal((await infer(3)).status, 200);
      for (let round = 0; round < 3; round++) {
        const { status, body } = await infer(1_000 * MIB);
        assert.deepEqual([status, (body as { error: { code: string } }).error.code], [422, 'ENGINE_CRASHED']);
        assert.equal((await infer(4)).status, 200);
      }
      assert.equal((await api.send('GET', 'health')).status, 200);
    } finally {
      rmdirSync(folder);
    }
  });
});
