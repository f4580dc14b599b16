import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { workFiles } from '../../../lib/training/env-list';
import { checkOutputs } from '../../../lib/training/run/outcome';
import { temporaryFolder } from '../../support/temporary-folder';

describe('metrics of a run', () => {
  const cases: readonly [text: string, expected: number | string][] = [
    ['0.5\n', 0.5],
    [`0.5${' '.repeat(5_000_000)}`, 0.5],
    ['', 'INVALID_METRIC'],
    ['NaN', 'INVALID_METRIC'],
    ['a'.repeat(5_000_000), 'INVALID_METRIC'],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text.slice(0, 10))} of ${text.length} bytes are ${expected}`, async () => {
      await using folder = await temporaryFolder();
      const metrics = [{ name: 'accuracy' }] as Parameters<typeof checkOutputs>[1]['metrics'];
      const path = join(folder.path, workFiles.metric('accuracy'));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      const model = join(folder.path, workFiles.model);
      await mkdir(dirname(model), { recursive: true });
      await writeFile(model, 'a model');
      const checked = checkOutputs(folder.path, { metrics });
      if (typeof expected === 'number') assert.deepEqual(await checked, { accuracy: expected });
      else await assert.rejects(checked, { code: expected });
    });
  }
});
