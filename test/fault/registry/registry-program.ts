import { openSync, writeSync } from 'node:fs';
import { addModel, buildModel } from '../../support/onnx-models';
import { openRegistryIn } from '../../support/registry-folder';
import { anUpload } from '../../support/registry-lab';

/**
 * Works on the model `iris` without end, to be killed: `node registry-program.cjs <data folder> <journal>`. The journal
 * holds one line before each change (`try <what>`) and one after it was acknowledged (`ack <what> <result>`).
 */
async function main(path: string, journalPath: string): Promise<never> {
  const journal = openSync(journalPath, 'a');
  const { registry } = await openRegistryIn(path);
  const attempt = async (what: string, change: () => Promise<number>): Promise<void> => {
    writeSync(journal, `try ${what}\n`);
    const result = await change();
    writeSync(journal, `ack ${what} ${result}\n`);
  };
  const upload = (): Promise<void> =>
    attempt('upload', async () => {
      const bytes = buildModel(addModel(1, { unique: `${process.pid} ${process.hrtime.bigint()} ${Math.random()}` }));
      return (await registry.addVersion('iris', anUpload(bytes), null)).version;
    });
  const deployed = (): number => registry.getModel('iris').aliases['deployed'] ?? 0;
  await upload();
  for (;;) {
    await Promise.all([upload(), upload(), upload()]);
    const latest = registry.getModel('iris').latestVersion ?? 0;
    await attempt(`deploy ${latest}`, async () => {
      await registry.setAlias('iris', 'deployed', { version: latest }, null);
      return deployed();
    });
    const spare = latest - 1;
    await attempt(`delete ${spare}`, async () => {
      await registry.deleteVersion('iris', spare, null);
      return spare;
    });
    if (registry.getModel('iris').rollbackVersion === null) continue;
    await attempt('rollback', async () => {
      await registry.rollback('iris', {}, null);
      return deployed();
    });
  }
}

const [path = '', journalPath = ''] = process.argv.slice(2);
void main(path, journalPath).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
