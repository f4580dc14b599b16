import assert from 'node:assert/strict';
import { actOnRollout } from '../../../../lib/edges/hub/rollout/rollout-actions';
import { withCode } from '../../../support/registry-lab';
import { aRollout, type RolloutRow as Row } from '../../../support/rollout-builders';

const NOW = 1_000_000;

describe('what a person does to a rollout', () => {
  const states = {
    running: { status: 'running', soakingSince: null },
    paused: { status: 'paused' },
    stopped: { status: 'stopped', reason: 'failures' },
    succeeded: { status: 'succeeded' },
    rolling_back: { status: 'rolling_back' },
    rolled_back: { status: 'rolled_back' },
  } as const;
  const no = 'ROLLOUT_STATE';
  const table = {
    //        running         paused          stopped         succeeded       rolling_back    rolled_back
    pause: ['paused', 'paused', no, no, no, no],
    resume: ['running', 'running', no, no, no, no],
    stop: ['stopped', 'stopped', 'stopped', no, no, no],
    rollback: ['rolling_back', 'rolling_back', 'rolling_back', 'rolling_back', 'rolling_back', 'rolled_back'],
  } as const;
  for (const action of ['pause', 'resume', 'stop', 'rollback'] as const) {
    for (const [index, [from, state]] of Object.entries(states).entries()) {
      const to = table[action][index];
      it(`${action} of one that is ${from}: ${to}`, () => {
        const rollout = aRollout([['a', 0, 'assigned']], { state });
        const act = () => actOnRollout(rollout, action, 'ann', NOW);
        if (to === no) return assert.throws(act, withCode(no, { status: from }));
        const changed = act();
        assert.equal(changed.state.status, to);
        assert.equal(changed === rollout, to === from || (action === 'rollback' && from.startsWith('roll')));
        if (changed !== rollout) assert.equal(changed.audit.at(-1)?.user, 'ann');
      });
    }
  }

  it('resuming lets the edges soak anew; rolling back touches none that waits or is left alone', () => {
    const rows: Row[] = [
      ['a', 0, 'assigned'],
      ['b', 0, 'assigning'],
      ['c', 0, 'left'],
      ['d', 1, 'waiting'],
    ];
    const rollout = aRollout(rows, { state: states.paused });
    assert.deepEqual(actOnRollout(rollout, 'resume', null, NOW).state, states.running);
    assert.deepEqual(
      actOnRollout(rollout, 'rollback', null, NOW).edges.map(({ phase }) => phase),
      ['restoring', 'restoring', 'left', 'waiting'],
    );
  });
});
