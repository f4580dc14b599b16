import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PublishTurns } from '../../../../lib/edges/artifacts/publish-turns';
import { TokenBucket } from '../../../../lib/edges/artifacts/token-bucket';
import { chunkNumber, chunkTopic, wantedDigest, wantTopic } from '../../../../lib/edges/artifacts/topics';
import { WantBook } from '../../../../lib/edges/artifacts/want-book';
import { Digest } from '../../../../lib/ids';

/** Two units of the manifest, eight chunks. */
const aBook = (): WantBook => new WantBook(10, 2, { gatherMs: 100, maxGatherMs: 1_000, repeatAfterMs: 1_000 });
const want = (book: WantBook, units: readonly number[], nowMs: number): void => {
  for (const unit of units) book.want(unit, nowMs);
};
/** All that is published from now on, in order. */
const drain = (book: WantBook, nowMs: number): number[] => {
  const units: number[] = [];
  for (let unit = book.next(nowMs); unit !== undefined; unit = book.next(nowMs)) {
    units.push(unit);
    book.published(unit, nowMs);
  }
  return units;
};

describe('want book', () => {
  it('gathers wants for a moment, then publishes each once', () => {
    const book = aBook();
    want(book, [4, 5], 0);
    want(book, [5, 3], 99);
    assert.deepEqual([book.next(198), book.readyAt], [undefined, 199]);
    assert.deepEqual(drain(book, 199), [3, 4, 5]);
    assert.equal(book.readyAt, undefined);
  });

  it('gathers while more and more ask, but not for ever', () => {
    const book = aBook();
    for (let nowMs = 0; nowMs < 1_000; nowMs += 50) {
      want(book, [4], nowMs);
      assert.equal(book.next(nowMs), undefined);
    }
    assert.deepEqual(drain(book, 1_000), [4]);
  });

  it('publishes the manifest first', () => {
    const book = aBook();
    want(book, [7, 1, 0], 0);
    assert.deepEqual(drain(book, 100), [0, 1, 7]);
  });

  it('goes round, so that who begins at the front does not keep back who is near the end', () => {
    const book = aBook();
    want(book, [6, 7, 8], 0);
    book.published(book.next(100) ?? -1, 100);
    want(book, [2, 3], 100);
    assert.deepEqual(drain(book, 100), [7, 8, 2, 3]);
  });

  it('does not publish again for a want that crossed what it wants, but does for one that missed it', () => {
    const book = aBook();
    want(book, [4], 0);
    drain(book, 100);
    assert.equal(book.want(4, 1_099), false);
    assert.equal(book.want(4, 1_100), true);
    assert.deepEqual(drain(book, 1_200), [4]);
  });

  it('keeps wanted what was not sent', () => {
    const book = aBook();
    want(book, [4], 0);
    assert.deepEqual([book.next(100), book.next(200), book.wantedCount], [4, 4, 1]);
  });

  it('takes no unit that is none', () => {
    const book = aBook();
    want(book, [-1, 10, 1.5, Number.NaN], 0);
    assert.equal(book.wantedCount, 0);
  });
});

describe('turns of artifacts', () => {
  it('take one unit of each in turn, however much is wanted of one', () => {
    const turns = new PublishTurns<string>();
    const books = new Map(['large', 'a', 'b'].map((key) => [key, aBook()]));
    for (const [key, book] of books) turns.add(key, book);
    want(books.get('large') as WantBook, [2, 3, 4, 5, 6], 0);
    for (const key of ['a', 'b']) want(books.get(key) as WantBook, [2, 3], 0);
    const keys: string[] = [];
    for (let turn = turns.next(100); turn.kind === 'publish'; turn = turns.next(100)) {
      keys.push(turn.key);
      books.get(turn.key)?.published(turn.unit, 100);
    }
    assert.deepEqual(keys, ['large', 'a', 'b', 'large', 'a', 'b', 'large', 'large', 'large']);
  });

  it('tell when the next comes', () => {
    const turns = new PublishTurns<string>();
    const [early, late] = [aBook(), aBook()];
    turns.add('late', late);
    turns.add('early', early);
    assert.deepEqual(turns.next(0), { kind: 'wait', untilMs: undefined });
    want(late, [3], 20);
    want(early, [3], 10);
    assert.deepEqual(turns.next(20), { kind: 'wait', untilMs: 110 });
    turns.remove('early');
    assert.deepEqual(turns.next(20), { kind: 'wait', untilMs: 120 });
  });
});

describe('token bucket', () => {
  it('lets pass no more than the rate and a burst, and no less than the rate', () => {
    const messages = fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat(50)), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 10_000 }), messages, (bytesPerSecond, steps) => {
        const bucket = new TokenBucket(bytesPerSecond, 100, 0);
        let [nowMs, idleMs, sentBytes] = [0, 0, 0];
        for (const [bytes, pauseMs] of steps) {
          nowMs += pauseMs;
          idleMs += pauseMs;
          nowMs += bucket.delayMs(bytes, nowMs);
          assert.equal(bucket.delayMs(bytes, nowMs), 0);
          bucket.take(bytes, nowMs);
          sentBytes += bytes;
          assert.ok(sentBytes <= 100 + (nowMs * bytesPerSecond) / 1_000 + 1e-6);
        }
        // Rounded up to whole milliseconds, each time.
        assert.ok(nowMs - idleMs - steps.length <= (sentBytes * 1_000) / bytesPerSecond);
      }),
    );
  });

  it('is not upset by a time that goes back', () => {
    const bucket = new TokenBucket(1_000, 100, 1_000);
    bucket.take(100, 1_000);
    assert.equal(bucket.delayMs(100, 0), 100);
  });
});

describe('topics', () => {
  const digest = Digest.parse(`sha256:${'ab'.repeat(32)}`);
  it('tell the digest of a want and the number of a chunk', () => {
    assert.equal(wantedDigest(wantTopic(digest)), digest);
    assert.equal(chunkNumber(chunkTopic(digest, 32_767)), 32_767);
  });

  for (const topic of ['artifacts/x/want', `artifacts/${digest}/wants`, 'want', `artifacts/${digest}/chunk/0/want`]) {
    it(`take ${topic} for no want`, () => assert.equal(wantedDigest(topic), undefined));
  }
  for (const n of ['-1', '1.5', '01', '', 'x', '99999999999']) {
    it(`take "${n}" for no number of a chunk`, () => {
      assert.equal(chunkNumber(`artifacts/${digest}/chunk/${n}`), undefined);
    });
  }
});
