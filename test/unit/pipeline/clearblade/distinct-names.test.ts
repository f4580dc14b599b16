import assert from 'node:assert/strict';
import { distinctNames } from '../../../../lib/pipeline/clearblade/distinct-names';

describe('names for many originals that suggest the same one', () => {
  it('are numbered without asking for each number again', () => {
    let askedCount = 0;
    const taken = new (class extends Set<string> {
      override has(name: string): boolean {
        askedCount += 1;
        return super.has(name);
      }
    })();
    const originals = Array.from({ length: 1_000 }, (_, index) => `?${index}`);
    const names = distinctNames(originals, {
      isUsable: () => false,
      suggest: () => 'model',
      separator: '-',
      maxLength: 63,
      fallback: 'model',
      taken,
    });
    assert.deepEqual(
      originals.map((original) => names.get(original)),
      ['model', ...Array.from({ length: 999 }, (_, index) => `model-${index + 2}`)],
    );
    assert.ok(askedCount <= 2 * originals.length, `${askedCount} questions`);
  });
});
