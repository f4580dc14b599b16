import assert from 'node:assert/strict';
import { FilterListeners, matchesFilter } from '../../../lib/edges/topic-filter';

describe('topic filters', () => {
  // The examples of MQTT 5, 4.7.1 and 4.7.2, and the edges of ours.
  for (const [filter, topic, isMatch] of [
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'any/thing', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/broker', false],
    ['+/monitor', '$SYS/monitor', false],
    ['$SYS/#', '$SYS/broker', true],
    ['a/b', 'a/b', true],
    ['a/b', 'a/B', false],
    ['a/b', 'a', false],
    ['a', 'a/b', false],
  ] as const) {
    it(`${filter} ${isMatch ? 'names' : 'does not name'} ${topic}`, () => {
      assert.equal(matchesFilter(filter, topic), isMatch);
    });
  }

  it('tell each listener once, and know the first and the last of a filter', () => {
    const listeners = new FilterListeners<string>();
    assert.deepEqual(
      [listeners.add('a/b', 'x'), listeners.add('a/+', 'x'), listeners.add('a/b', 'y')],
      [true, true, false],
    );
    assert.deepEqual([...listeners.of('a/b')].sort(), ['x', 'y']);
    assert.deepEqual([...listeners.of('a/c')], ['x']);
    assert.deepEqual([listeners.remove('a/b', 'x'), listeners.remove('a/b', 'y')], [false, true]);
    assert.deepEqual(listeners.filters(), ['a/+']);
  });
});
