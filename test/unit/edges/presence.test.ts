import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  admitEvent,
  admitOnline,
  admitReport,
  isConflict,
  isOnline,
  type Marks,
  noMarks,
} from '../../../lib/edges/hub/presence';

type Message =
  | {
      readonly kind: 'online';
      readonly bootId: string;
      readonly boot: number;
      readonly connection: number;
      readonly online: boolean;
    }
  | { readonly kind: 'reported' | 'event'; readonly bootId: string; readonly boot: number; readonly seq: number };

/** What was taken of each message, in order, and the marks after the last. */
function hear(
  messages: readonly Message[],
  from: Marks = noMarks(0),
): { readonly taken: readonly string[]; readonly marks: Marks } {
  let marks = from;
  const taken = messages.map((message, index) => {
    const admitted =
      message.kind === 'online'
        ? admitOnline(marks, message, index)
        : message.kind === 'reported'
          ? admitReport(marks, message, index)
          : admitEvent(marks, message, index);
    if (admitted.ok) marks = admitted.value;
    return admitted.ok ? 'taken' : admitted.reason;
  });
  return { taken, marks };
}
const online = (boot: number, connection: number, isThere: boolean, bootId = `b${boot}`): Message => ({
  kind: 'online',
  bootId,
  boot,
  connection,
  online: isThere,
});
const reported = (boot: number, seq: number, bootId = `b${boot}`): Message => ({ kind: 'reported', bootId, boot, seq });
const event = (boot: number, seq: number): Message => ({ kind: 'event', bootId: `b${boot}`, boot, seq });

describe('what a hub hears of an edge', () => {
  for (const { name, messages, taken, isThere, inConflict = false } of [
    {
      name: 'comes and goes',
      messages: [online(1, 1, true), online(1, 1, false)],
      taken: ['taken', 'taken'],
      isThere: false,
    },
    {
      name: 'comes again',
      messages: [online(1, 1, true), online(1, 1, false), online(1, 2, true)],
      taken: ['taken', 'taken', 'taken'],
      isThere: true,
    },
    {
      name: 'a repeated coming does not bring it back',
      messages: [online(1, 1, true), online(1, 1, false), online(1, 1, true)],
      taken: ['taken', 'taken', 'duplicate'],
      isThere: false,
    },
    {
      name: 'the late last will of a connection before does not take it away',
      messages: [online(1, 1, true), online(1, 2, true), online(1, 1, false)],
      taken: ['taken', 'taken', 'duplicate'],
      isThere: true,
    },
    {
      name: 'the last will of a start before does not take it away',
      messages: [online(1, 1, true), online(2, 1, true), online(1, 1, false)],
      taken: ['taken', 'taken', 'taken'],
      isThere: true,
    },
    {
      name: 'a start that was before is known by its number',
      messages: [online(5, 1, true), online(4, 1, true, 'other')],
      taken: ['taken', 'stale'],
      isThere: true,
    },
    {
      name: 'a later report wins, an earlier one is nothing',
      messages: [reported(1, 2), reported(1, 1), reported(1, 2), reported(1, 3)],
      taken: ['taken', 'duplicate', 'duplicate', 'taken'],
      isThere: false,
    },
    {
      name: 'events may overtake each other, each is taken once',
      messages: [event(1, 2), event(1, 1), event(1, 2), event(1, 1), event(1, 3)],
      taken: ['taken', 'taken', 'duplicate', 'duplicate', 'taken'],
      isThere: false,
    },
    {
      name: 'one message that was held back is no conflict',
      messages: [reported(1, 1), online(2, 1, true), reported(1, 2), reported(2, 1), reported(2, 2)],
      taken: ['taken', 'taken', 'taken', 'taken', 'taken'],
      isThere: true,
    },
    {
      name: 'two that go on speaking are one',
      messages: [online(1, 1, true), online(2, 1, true), online(1, 2, true), online(2, 2, true), online(1, 3, true)],
      taken: ['taken', 'taken', 'taken', 'taken', 'taken'],
      isThere: true,
      inConflict: true,
    },
    {
      name: 'replays of a start before are no conflict',
      messages: [
        reported(1, 1),
        online(1, 1, true),
        online(2, 1, true),
        reported(1, 1),
        online(1, 1, true),
        reported(1, 1),
        online(1, 1, true),
      ],
      taken: ['taken', 'taken', 'taken', 'duplicate', 'duplicate', 'duplicate', 'duplicate'],
      isThere: true,
    },
  ]) {
    it(name, () => {
      const heard = hear(messages);
      assert.deepEqual(heard.taken, taken);
      assert.deepEqual([isOnline(heard.marks), isConflict(heard.marks, 10)], [isThere, inConflict]);
    });
  }

  it('is no conflict any more when only one has spoken for an hour', () => {
    const { marks } = hear([
      online(1, 1, true),
      online(2, 1, true),
      online(1, 2, true),
      online(2, 2, true),
      online(1, 3, true),
    ]);
    assert.deepEqual([isConflict(marks, 1_000), isConflict(marks, 4_000_000)], [true, false]);
  });

  it('ends the same whatever of it is repeated, by one edge that starts again and again', () => {
    const someHistory = fc.array(fc.constantFrom('restart', 'connect', 'lose', 'report', 'event'), { maxLength: 40 });
    fc.assert(
      fc.property(someHistory, fc.array(fc.nat(), { maxLength: 60 }), (history, picks) => {
        let [boot, connection, seq, events, isThere] = [1, 0, 0, 0, false];
        const said = history.flatMap((what): Message[] => {
          if (what === 'restart') [boot, connection, seq, events, isThere] = [boot + 1, 0, 0, 0, false];
          if (what === 'connect') {
            connection += 1;
            isThere = true;
            return [online(boot, connection, true)];
          }
          if (what === 'lose' && isThere) {
            isThere = false;
            return [online(boot, connection, false)];
          }
          if (what === 'report') return [reported(boot, ++seq)];
          if (what === 'event') return [event(boot, ++events)];
          return [];
        });
        const once = hear(said);
        assert.ok(once.taken.every((outcome) => outcome === 'taken'));
        assert.equal(isConflict(once.marks, 0), false);
        // Anything that was said before may be said again at any moment.
        let [marks, repeated] = [noMarks(0), 0];
        for (const [index, message] of said.entries()) {
          marks = hear([message], marks).marks;
          const pick = picks[index];
          if (pick === undefined) continue;
          const replay = hear([said[pick % (index + 1)] as Message], marks);
          assert.notEqual(replay.taken[0], 'taken');
          marks = replay.marks;
          repeated += 1;
        }
        assert.ok(repeated <= picks.length);
        assert.deepEqual(marks.boots, once.marks.boots);
      }),
    );
  });
});
