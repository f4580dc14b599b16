import assert from 'node:assert/strict';
import { firstChoice, type ProtocolVersion, reduceChoice } from '../../../lib/edges/protocol-choice';

const refusal = (code: string | number): Error => Object.assign(new Error('refused'), { code });
const MINUTE_MS = 60_000;

/** What happens, and after how many minutes. */
type Happening = 'closes' | 'cut' | 'unknown' | 'unknown-5' | 'vague' | 'away' | 'login' | 'taken' | 'ends' | number;

const ERRORS: Readonly<Record<string, Error>> = {
  closes: new Error('closed'),
  cut: refusal('ECONNRESET'),
  unknown: refusal(1),
  'unknown-5': refusal(0x84),
  vague: refusal(0x82),
  away: refusal('ECONNREFUSED'),
  login: refusal(0x87),
};

/** The versions tried next after each happening. */
function versionsAfter(happenings: readonly Happening[]): readonly ProtocolVersion[] {
  let [choice, nowMs] = [firstChoice, 0];
  const versions: ProtocolVersion[] = [];
  for (const happening of happenings) {
    if (typeof happening === 'number') {
      nowMs += happening * MINUTE_MS;
      continue;
    }
    const error = ERRORS[happening];
    const event = error
      ? ({ kind: 'failed', error } as const)
      : ({ kind: happening === 'taken' ? 'connected' : 'ended' } as const);
    choice = reduceChoice(choice, event, nowMs);
    versions.push(choice.next);
  }
  return versions;
}

const CASES: readonly (readonly [what: string, happenings: readonly Happening[], versions: readonly number[]])[] = [
  ['5 where nothing goes wrong', ['taken', 'ends', 'taken'], [5, 5, 5]],
  ['5 again after one connection was closed', ['closes', 'taken', 'ends'], [5, 5, 5]],
  ['3.1.1 after the second', ['closes', 'closes', 'taken'], [5, 4, 4]],
  ['3.1.1 after two that were cut, or ended without a reason', ['cut', 'vague'], [5, 4]],
  ['3.1.1 at once where the broker says that it knows no other', ['unknown', 'taken'], [4, 4]],
  ['3.1.1 at once, by the code of MQTT 5', ['unknown-5'], [4]],
  ['5 for a broker that is away, or refuses the login', ['away', 'login', 'away', 'login'], [5, 5, 5, 5]],
  ['5 again where 3.1.1 was not taken either', ['unknown', 'unknown', 'unknown'], [4, 5, 4]],
  [
    '5 again when a connection of 3.1.1 ends',
    ['closes', 'closes', 'taken', 'ends', 'taken', 'ends'],
    [5, 4, 4, 5, 5, 5],
  ],
  [
    '3.1.1 once more when that was in vain, and 5 again a minute later, then ten',
    [
      'closes',
      'closes',
      'taken',
      'ends',
      'closes',
      'taken',
      'ends',
      1,
      'ends',
      'closes',
      'taken',
      9,
      'ends',
      1,
      'ends',
    ],
    [5, 4, 4, 5, 4, 4, 4, 5, 4, 4, 4, 5],
  ],
  [
    '5 again an hour after the broker said that it does not know it',
    ['unknown', 'taken', 'ends', 59, 'taken', 'ends', 1, 'ends', 'unknown', 'taken', 'ends'],
    [4, 4, 4, 4, 4, 5, 4, 4, 4],
  ],
];

describe('the version of MQTT to try', () => {
  for (const [what, happenings, versions] of CASES) {
    it(`is ${what}`, () => assert.deepEqual(versionsAfter(happenings), versions));
  }

  it('is tried in vain but a few times a day at a broker of 3.1.1, whatever it says and however often it breaks', () => {
    for (const error of [ERRORS['unknown'], ERRORS['closes']]) {
      let [choice, failures] = [firstChoice, 0];
      for (let nowMs = 0; nowMs < 24 * 60 * MINUTE_MS; nowMs += 5_000) {
        while (choice.next === 5) {
          choice = reduceChoice(choice, { kind: 'failed', error }, nowMs);
          failures += 1;
        }
        choice = reduceChoice(choice, { kind: 'connected' }, nowMs);
        choice = reduceChoice(choice, { kind: 'ended' }, nowMs);
      }
      assert.ok(failures >= 24 && failures <= 30, `${failures}`);
    }
  });
});
