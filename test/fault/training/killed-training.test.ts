import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { killAndResume, killAndRetry, LONG_SCRIPT, SCRIPT } from './killed-training';

/** Every write of a run that goes well: begin to end, the version, the move of its alias, the job's count of failures. */
const WRITES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
/** From the end of a run that is lost to the end of the one that tries again. */
const WRITES_OF_RETRY = [5, 6, 7, 8, 9, 10];

describe('a process that is killed while it trains', function () {
  this.timeout(600_000);
  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });

  for (const write of WRITES) {
    for (const when of ['before', 'after'] as const) {
      it(`GIVEN_process_killed_${when}_write_${write}_WHEN_started_again_THEN_one_version_and_nothing_left`, () =>
        killAndResume({ runner: 'process', image: TEST_IMAGE, script: SCRIPT }, { killAt: { write, when } }));
    }
  }

  for (const write of WRITES_OF_RETRY) {
    for (const when of ['before', 'after'] as const) {
      it(`GIVEN_lost_run_and_process_killed_${when}_write_${write}_WHEN_started_again_THEN_tried_again_once`, () =>
        killAndRetry({ image: TEST_IMAGE }, { killAt: { write, when } }));
    }
  }

  it('GIVEN_process_killed_while_a_script_runs_WHEN_started_again_THEN_the_script_is_found_and_not_run_again', () =>
    killAndResume({ runner: 'process', image: TEST_IMAGE, script: LONG_SCRIPT }, { killWhenLogged: 'begun' }));

  it('GIVEN_run_cancelled_after_its_version_was_written_and_process_killed_WHEN_started_again_THEN_it_succeeded', () =>
    killAndResume({ runner: 'process', image: TEST_IMAGE, script: SCRIPT }, { killWhenCancelledAtCommit: true }));

  describe('with Docker', () => {
    let engine: DockerEngine;
    before(async function () {
      requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
      engine = await DockerEngine.start();
    });
    after(() => engine?.[Symbol.asyncDispose]());

    it('GIVEN_process_killed_while_a_script_runs_WHEN_started_again_THEN_the_container_is_found_and_not_run_again', () =>
      killAndResume(
        { runner: 'docker', socketPath: engine.socketPath, image: TEST_IMAGE, script: LONG_SCRIPT },
        { killWhenLogged: 'begun' },
      ));

    for (const write of [2, 4, 5, 7]) {
      it(`GIVEN_process_killed_after_write_${write}_WHEN_started_again_THEN_one_version_and_no_container`, () =>
        killAndResume(
          { runner: 'docker', socketPath: engine.socketPath, image: TEST_IMAGE, script: SCRIPT },
          { killAt: { write, when: 'after' } },
        ));
    }
  });
});
