import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../support/killed-program';
import { aLibrary, aPipeline } from '../../support/pipeline-builders';
import { temporaryFolder } from '../../support/temporary-folder';
import type { PipelineOptions, PipelineResult } from './pipeline-program';

const library = aLibrary('pipelib_scale', 1);
const renewed = aLibrary('pipelib_scale', 2);
const libraries = { libraries: ['pipelib_scale'] };
const before = { pipelines: [aPipeline('a', 1, libraries), aPipeline('c', 1)], libraries: [library] };
const after = { pipelines: [aPipeline('a', 2, libraries), aPipeline('b', 1)], libraries: [renewed] };

const run = (options: PipelineOptions): Promise<PipelineResult | undefined> =>
  runProgram(join(__dirname, 'pipeline-program.ts'), options);

describe('pipelines of an edge', function () {
  this.timeout(300_000);

  it('GIVEN_a_kill_between_any_two_steps_WHEN_started_again_THEN_what_is_wanted_stands_once_and_own_flows_as_they_were', async () => {
    await using disk = await temporaryFolder();
    await writeFile(join(disk.path, 'flows.json'), JSON.stringify([{ id: 'own', type: 'tab', label: 'own' }]));
    const first = await run({ folder: disk.path, desired: before });
    assert.deepEqual(first?.labels, ['own', 'a 1', 'c 1']);
    let points = 0;
    for (let killAt = 1; ; killAt += 1) {
      await using copy = await temporaryFolder();
      await cp(disk.path, copy.path, { recursive: true });
      const options = { folder: copy.path, desired: after };
      if ((await run({ ...options, killAt })) !== undefined) break;
      points = killAt;
      assert.deepEqual(
        await run(options),
        {
          flows: ['own', 'a', 'a-n', 'b', 'b-n'],
          labels: ['own', 'a 2', 'b 1'],
          libraries: [`pipelib_scale ${renewed.digest}`],
        },
        `killed at ${killAt}`,
      );
    }
    assert.ok(points >= 12, `only ${points} points were found`);
  });
});
