import assert from 'node:assert/strict';
import { afterLimits } from '../../../../lib/pipeline/library/kept-lines';
import { aLibrary } from '../../../support/libraries';
import { withCode } from '../../../support/registry-lab';
import { waitFor } from '../../../support/wait-for';

describe('the console of a library', () => {
  it('tells level and node, without paths of this machine', async () => {
    const { exec, lines } = aLibrary(`module.exports = (x) => {
      console.log('a %s', 'b', { c: 1 }); console.warn('w'); console.error(new Error('e')); console.debug('d');
      console.table([1]); console.log({ toString() { throw 1; }, get x() { throw 2; } });
      setTimeout(() => console.info('later'), 1);
    };`);
    await exec();
    await waitFor(() => lines.length === 7);
    assert.deepEqual(
      lines.map(({ level, node }) => [level, node]),
      [
        ['info', 'n1'],
        ['warn', 'n1'],
        ['error', 'n1'],
        ['debug', 'n1'],
        ['info', 'n1'],
        ['info', 'n1'],
        ['info', undefined],
      ],
    );
    assert.equal(lines[0]?.text, 'a b { c: 1 }');
    assert.match(lines[2]?.text ?? '', /^Error: e\n.*pipelib_test\.js:2:/);
    assert.doesNotMatch(lines[2]?.text ?? '', /\.ts|node:|node_modules/);
    assert.match(lines[4]?.text ?? '', /│/);
    assert.equal(lines[6]?.text, 'later');
  });
});

describe('lines written under a time limit', () => {
  it('GIVEN_a_log_that_takes_its_time_WHEN_the_limit_ends_the_call_THEN_no_line_is_left_half_written', async () => {
    let openCount = 0;
    let endedCount = 0;
    const { exec, lines } = aLibrary('module.exports = () => { console.log("a"); console.log("b"); for (;;); };', {
      onLine: afterLimits((line) => {
        openCount += 1;
        const untilMs = performance.now() + 100;
        while (performance.now() < untilMs);
        endedCount += 1;
        lines.push(line);
      }),
    });
    await assert.rejects(async () => exec(0, {}, 500), withCode('TIMEOUT'));
    assert.deepEqual([openCount, endedCount], [2, 2]);
    assert.deepEqual(
      lines.map(({ text, node }) => [text, node]),
      [
        ['a', 'n1'],
        ['b', 'n1'],
      ],
    );
  });

  it('GIVEN_endless_loops_that_log_WHEN_they_are_ended_THEN_their_lines_have_an_end_and_the_next_call_is_heard', async () => {
    const { exec, lines } = aLibrary(
      'module.exports = (loops) => { console.log("begins"); while (loops) console.log("again"); };',
    );
    for (let round = 0; round < 10; round += 1) {
      lines.length = 0;
      await assert.rejects(async () => exec(true, {}, 400), withCode('TIMEOUT'));
      assert.ok(lines.length <= 501, String(lines.length));
      assert.equal(lines[0]?.text, 'begins');
    }
    assert.deepEqual(lines.at(-1)?.level, 'warn');
    lines.length = 0;
    await exec(false);
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['begins'],
    );
  });

  it('those of timers come too, and those after an await at once', async () => {
    const { exec, lines } = aLibrary(`module.exports = async () => {
      setTimeout(() => { for (let n = 0; n < 1_000; n++) console.log(n); });
      await null; console.log('after'); };`);
    await exec();
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['after'],
    );
    await waitFor(() => lines.length === 502);
    assert.equal(lines.at(-1)?.text, 'more lines of this call are left out');
  });

  it('a long one is cut before anything else is done with it, and tells no path where it is cut', async () => {
    const { exec, lines } = aLibrary(`module.exports = () => {
      console.log('\\n'.repeat(400_000) + 'x');
      console.log('x'.repeat(9_980) + '\\n    at /srv/somewhere/secret.js:1:1'); };`);
    await exec();
    assert.deepEqual(
      lines.map(({ text }) => text.length),
      [10_001, 9_981],
    );
  });
});
