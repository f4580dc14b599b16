import assert from 'node:assert/strict';
import type { TrainingLab } from './training-lab';

type ScriptRuns = ReturnType<typeof scriptRuns>;

/** Runs a script as a job of its own. @param common - fields of all these jobs */
export function scriptRuns(lab: () => TrainingLab, common: Record<string, unknown>) {
  return async (name: string, text: string, fields: Record<string, unknown> = {}) => {
    await lab().addJob({ name, ...common, queries: [], metrics: [], ...fields }, text);
    const run = await lab().train(name);
    return { run, log: await lab().log(run.id) };
  };
}

/** What every runner does with them. */
export function refusesExcessiveOutputs(script: ScriptRuns): void {
  for (const { name, text, code } of [
    {
      name: 'in one file, as soon as it is written',
      text: "open('additional_output/large.bin', 'wb').write(bytes(3_000_000))",
      code: 'SCRIPT_FAILED',
    },
    {
      name: 'in two files, none of them too large by itself',
      text: "for name in 'ab': open('additional_output/' + name, 'wb').write(bytes(1_200_000))",
      code: 'OUTPUT_TOO_LARGE',
    },
    {
      name: 'in more files than are counted',
      text: "for name in range(10_001): open(f'additional_output/{name}', 'w').close()",
      code: 'OUTPUT_TOO_LARGE',
    },
  ]) {
    it(`refuses outputs that are more than the job allows, ${name}`, async () => {
      const job = `wasteful-${name.length}`;
      const { run } = await script(job, text, { limits: { outputBytes: 2_000_000 } });
      assert.deepEqual([run.state, run.error?.code], ['failed', code], JSON.stringify(run));
    });
  }
}
