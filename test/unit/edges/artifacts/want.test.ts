import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_CHUNK_COUNT, MAX_PAGE_COUNT } from '../../../../lib/edges/artifacts/manifest';
import { encodeWant, MAX_WANT_BYTES, MAX_WANT_RANGES, parseWant } from '../../../../lib/edges/artifacts/want';

const ROOT = '0123456789abcdef';

describe('want', () => {
  it('comes back as it was, and is never too long', () => {
    const rangesBelow = (size: number) =>
      fc.array(
        fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
        { maxLength: MAX_WANT_RANGES },
      );
    fc.assert(
      fc.property(
        fc.option(fc.constant(ROOT), { nil: undefined }),
        rangesBelow(MAX_PAGE_COUNT),
        rangesBelow(MAX_CHUNK_COUNT),
        (root, pages, chunks) => {
          const text = encodeWant({ root, pages, chunks });
          assert.ok(text.length <= MAX_WANT_BYTES);
          assert.deepEqual({ root: undefined, ...parseWant(Buffer.from(text)) }, { v: 1, root, pages, chunks });
        },
      ),
    );
  });

  for (const [name, payload] of Object.entries({
    'no JSON': '{"v":1',
    'another version': '{"v":2}',
    'no object': '[]',
    'a root that is none': '{"v":1,"root":"../../etc/passwd"}',
    'a range that is none': `{"v":1,"root":"${ROOT}","chunks":[[1]]}`,
    'a range from the end': `{"v":1,"root":"${ROOT}","chunks":[[2,1]]}`,
    'a negative number': `{"v":1,"root":"${ROOT}","chunks":[[-1,1]]}`,
    'a fraction': `{"v":1,"root":"${ROOT}","chunks":[[0,1.5]]}`,
    'a number no artifact has': `{"v":1,"root":"${ROOT}","chunks":[[0,${MAX_CHUNK_COUNT}]]}`,
    'a page no manifest has': `{"v":1,"root":"${ROOT}","pages":[[0,${MAX_PAGE_COUNT}]]}`,
    'too many ranges': `{"v":1,"root":"${ROOT}","chunks":[${'[0,0],'.repeat(MAX_WANT_RANGES)}[0,0]]}`,
    'too many bytes': `{"v":1,"rest":"${'x'.repeat(MAX_WANT_BYTES)}"}`,
    'nothing at all': '',
  })) {
    it(`is not ${name}`, () => assert.equal(parseWant(Buffer.from(payload)), undefined));
  }

  it('may say more than this version knows', () => {
    assert.deepEqual(parseWant(Buffer.from('{"v":1,"edge":"a"}')), { v: 1, pages: [], chunks: [] });
  });
});
