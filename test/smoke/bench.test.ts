import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { benchProgram, benchReport } from '../support/bench-report';
import { mosquittoPath } from '../support/mosquitto';
import { requireOrSkip } from '../support/requirement';

describe('npm run bench', function () {
  this.timeout(120_000);

  it('prints one object with the figures of the benches that are named', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    const { machine, benches } = await benchReport('engine', 'swap');
    assert.ok(machine.processorCount > 0 && /^\d+\./.test(machine.onnxruntime));
    assert.deepEqual(Object.keys(benches), ['engine', 'swap']);
    for (const { rows } of Object.values(benches)) {
      assert.ok(rows.length > 3);
      for (const { what, value, unit } of rows) {
        assert.ok(
          what.length > 0 && Number.isFinite(value) && typeof unit === 'string',
          JSON.stringify({ what, value }),
        );
      }
    }
    assert.equal(benches['swap']?.rows.find(({ what }) => what.startsWith('messages lost'))?.value, 0);
  });

  it('refuses a bench that is not there', async () => {
    const run = promisify(execFile)(process.execPath, [benchProgram, 'nothing']);
    await assert.rejects(run, { code: 2 });
  });
});
