import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runItByHand } from '../../../lib/training/bundle';
import { envListText, listedVariables } from '../../../lib/training/env-list';
import { temporaryFolder } from '../../support/temporary-folder';
import { someFields } from '../../support/training-builders';

const run = { id: 'run-1', baseVersion: 3 };

describe('the list of variables', () => {
  it('has those of the run first, then those of the job that are no secrets', () => {
    const env = { RATE: '0.1', TOKEN: { secret: 'sesame' }, EMPTY: '' };
    const fields = someFields({ queries: [{ query: 'SELECT 1' }], metrics: [{ name: 'accuracy' }], env });
    assert.deepEqual(envListText(listedVariables(fields, run)).split('\n'), [
      'model_file_path=model.onnx',
      'preprocessing_file_path=preprocessing.onnx',
      'additional_output_folder_path=additional_output/',
      'collection_data_1_path=collection_data_1.json',
      'accuracy_path=accuracy.txt',
      'previous_metrics_path=previous_metrics.json',
      'base_version=3',
      'run_id=run-1',
      'RATE=0.1',
      'EMPTY=',
      '',
    ]);
  });

  it('leaves out what has several lines, which neither Docker nor a shell would read as one', () => {
    const fields = someFields({ env: { PEM: 'a\nb', RATE: '1' } });
    const names = listedVariables(fields, run).map(([name]) => name);
    assert.ok(names.includes('RATE') && !names.includes('PEM'));
  });

  it('is read by the shell as it stands, whatever a value holds', async () => {
    await using folder = await temporaryFolder('mm-env-list-');
    const value = `a  "b" 'c' $HOME $(touch run-by-the-shell) \\ #`;
    const fields = someFields({ env: { VALUE: value }, scripts: ['train.py'] });
    await writeFile(join(folder.path, 'env.list'), envListText(listedVariables(fields, run)));
    await writeFile(join(folder.path, 'retrain_scripts_1.py'), 'import os; print(os.environ["VALUE"], end="")');
    const lines = runItByHand({ name: 'job', fields }).split('\n');
    const command = lines[lines.findIndex((line) => /^With the Python/.test(line)) + 2]?.trim() ?? '';
    assert.equal(execFileSync('/bin/sh', ['-c', command], { cwd: folder.path, encoding: 'utf8' }), value);
    assert.ok(!existsSync(join(folder.path, 'run-by-the-shell')));
  });
});
