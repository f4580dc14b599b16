import assert from 'node:assert/strict';
import { type Box, Boxes } from '../../../../lib/pipeline/clearblade/boxes';

const HERE = { x: 100, y: 100, widthPx: 100 };

describe('places for nodes', () => {
  for (const { what, drawn, place } of [
    { what: 'nothing is drawn', drawn: [], place: [100, 100] },
    { what: 'a box far above', drawn: [{ ...HERE, y: 60 }], place: [100, 100] },
    { what: 'a box far below', drawn: [{ ...HERE, y: 140 }], place: [100, 100] },
    { what: 'a box beside it', drawn: [{ ...HERE, x: 200 }], place: [100, 100] },
    { what: 'a box on it', drawn: [HERE], place: [100, 140] },
    { what: 'a box that covers its upper half', drawn: [{ ...HERE, y: 80 }], place: [100, 120] },
    { what: 'a box that covers its lower half', drawn: [{ ...HERE, y: 120 }], place: [100, 160] },
    { what: 'a wide box beside it', drawn: [{ ...HERE, x: 200, widthPx: 300 }], place: [100, 140] },
    {
      what: 'boxes down to a gap that is high enough, drawn in any order',
      drawn: [220, 100, 300, 140].map((y) => ({ ...HERE, y })),
      place: [100, 180],
    },
    {
      what: 'boxes with a gap that is too low',
      drawn: [100, 170, 250].map((y) => ({ ...HERE, y })),
      place: [100, 210],
    },
  ] as readonly { what: string; drawn: readonly Box[]; place: readonly number[] }[]) {
    it(`${what}: the place is ${place.join(', ')}`, () => {
      const boxes = new Boxes();
      for (const box of drawn) boxes.add(box);
      const found = boxes.freeBelow(HERE);
      assert.deepEqual([found.x, found.y], place);
      assert.ok(boxes.isFree({ ...HERE, ...found }));
    });
  }

  it('a thousand boxes on one place take a few looks at each for each, not one per row and box', () => {
    const boxes = new Boxes();
    const count = 1_000;
    let lookCount = 0;
    for (let index = 0; index < count; index++) {
      const { x, y } = boxes.freeBelow(HERE);
      assert.equal(y, HERE.y + index * 40);
      boxes.add({
        x,
        widthPx: HERE.widthPx,
        get y() {
          lookCount += 1;
          return y;
        },
      });
    }
    assert.ok(lookCount <= 4 * count * count, `${lookCount} looks`);
  });
});
