import assert from 'node:assert/strict';
import { benchReport } from '../support/bench-report';
import { mosquittoPath } from '../support/mosquitto';
import { requireOrSkip } from '../support/requirement';

describe('npm run bench -- edges', function () {
  this.timeout(300_000);

  it('counts the bytes for one edge and for ten, which are the same, and those for who comes late apart', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    const { rows } = (await benchReport('edges')).benches['edges'] ?? { rows: [] };
    for (const { what, value } of rows) assert.ok(Number.isFinite(value), what);
    for (const count of [1, 10]) {
      const egress = rows.find(({ what }) => what === `bytes out of the hub's socket for 5 MB to ${count} edges`);
      assert.deepEqual([egress?.unit, egress?.isMet], ['MB', true], JSON.stringify(egress));
    }
    for (const part of [
      /^the same, 1 of them come half-way/,
      /^1 of 10 edges come half-way/,
      /^processor time of the hub/,
    ])
      assert.ok(
        rows.some(({ what }) => part.test(what)),
        String(part),
      );
    assert.equal(rows.filter(({ what }) => what.startsWith('a command and its answer while')).length, 4);
  });
});
