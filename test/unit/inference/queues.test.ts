import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Deadlines } from '../../../lib/inference/deadlines';
import { LinkedQueue, type Place } from '../../../lib/inference/linked-queue';
import { type FairPlace, FairQueue } from '../../../lib/inference/processes/fair-queue';
import { waitFor } from '../../support/wait-for';

type Step = 'add' | 'take' | 'remove' | 'drain';
const steps = fc.array(
  fc.tuple(fc.constantFrom<Step>('add', 'add', 'add', 'take', 'remove', 'drain'), fc.nat(30), fc.nat(3)),
  { maxLength: 80 },
);

describe('LinkedQueue', () => {
  it('does what an array does', () => {
    fc.assert(
      fc.property(steps, (commands) => {
        const queue = new LinkedQueue<number>();
        const places: Place<number>[] = [];
        let model: number[] = [];
        for (const [step, at] of commands) {
          if (step === 'add') {
            model.push(places.length);
            places.push(queue.add(places.length));
          } else if (step === 'take') {
            assert.equal(queue.take(), model.shift());
          } else if (step === 'drain') {
            assert.deepEqual(queue.drain(), model);
            model = [];
          } else {
            const place = places[at % Math.max(1, places.length)];
            if (!place) continue;
            assert.equal(queue.remove(place), model.includes(place.item));
            model = model.filter((item) => item !== place.item);
          }
          assert.deepEqual([queue.size, queue.first], [model.length, model[0]]);
        }
      }),
    );
  });
});

describe('FairQueue', () => {
  it('gives each item once, those of a sender in order, and nobody two turns while another waits', () => {
    fc.assert(
      fc.property(steps, (commands) => {
        const queue = new FairQueue<{ readonly id: number; readonly sender: number }>();
        const places: FairPlace<{ readonly id: number; readonly sender: number }>[] = [];
        /** Senders in the order of their turns, each with what waits. */
        let turns: { readonly sender: number; ids: number[] }[] = [];
        for (const [step, at, sender] of commands) {
          if (step === 'add') {
            const turn = turns.find((one) => one.sender === sender);
            if (turn) turn.ids.push(places.length);
            else turns.push({ sender, ids: [places.length] });
            places.push(queue.add(sender, { id: places.length, sender }));
          } else if (step === 'take') {
            while (turns[0]?.ids.length === 0) turns.shift();
            const turn = turns.shift();
            assert.equal(queue.take()?.id, turn?.ids.shift());
            if (turn && turn.ids.length > 0) turns.push(turn);
          } else if (step === 'drain') {
            const drained = queue.drain().map(({ id }) => id);
            assert.deepEqual(
              [...drained].sort((a, b) => a - b),
              turns.flatMap(({ ids }) => ids).sort((a, b) => a - b),
            );
            turns = [];
          } else {
            const place = places[at % Math.max(1, places.length)];
            if (!place) continue;
            const { id } = place.place.item;
            assert.equal(
              queue.remove(place),
              turns.some(({ ids }) => ids.includes(id)),
            );
            for (const turn of turns) turn.ids = turn.ids.filter((own) => own !== id);
          }
          assert.equal(
            queue.size,
            turns.reduce((sum, { ids }) => sum + ids.length, 0),
          );
          assert.equal(queue.sizeOf(0), turns.find((one) => one.sender === 0)?.ids.length ?? 0);
        }
      }),
    );
  });
});

describe('Deadlines', () => {
  it('expire in the order of arrival, and not what was removed', async () => {
    const expired: string[] = [];
    const deadlines = new Deadlines<string>(20, (item) => expired.push(item));
    deadlines.add('first');
    const second = deadlines.add('second');
    deadlines.add('third');
    deadlines.remove(second);
    await waitFor(() => expired.length === 2);
    assert.deepEqual([expired, deadlines.first], [['first', 'third'], undefined]);
  });

  it('are armed anew after a pause', async () => {
    const expired: string[] = [];
    const deadlines = new Deadlines<string>(5, (item) => expired.push(item));
    deadlines.remove(deadlines.add('quick'));
    deadlines.add('slow');
    await waitFor(() => expired.length === 1);
    assert.deepEqual(expired, ['slow']);
  });

  it('without a limit keep what is open, oldest first', () => {
    const deadlines = new Deadlines<string>(0, () => assert.fail('there is no limit'));
    const first = deadlines.add('first');
    deadlines.add('second');
    deadlines.remove(first);
    assert.equal(deadlines.first, 'second');
  });
});
