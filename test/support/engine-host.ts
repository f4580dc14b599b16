import { systemClock } from '../../lib/clock';
import { createEngine } from '../../lib/inference/processes/process-engine';
import { silentLog } from '../../lib/log';
import { ENDLESS, rounds } from './feeds';

/*
 * A process that loads a model, as Node-RED does, tells the pid of the engine process in a line, and stays. Arguments:
 * processPath tempPath modelPath, and `busy` (the model hangs in a request), `idle` or `once` (ends in order).
 */

async function host(processPath: string, tempPath: string, modelPath: string, mode: string): Promise<void> {
  const engine = createEngine({ processPath, tempPath, log: silentLog, clock: systemClock });
  const model = await engine.load({ key: 'hosted', model: 'hosted', version: 1, modelPath });
  await model.run(rounds(1));
  if (mode === 'busy') model.run(rounds(ENDLESS)).catch(() => undefined);
  const [stats] = (await engine.stats()).models;
  process.stdout.write(`${stats?.pid}\n`);
  if (mode === 'once') await engine.close();
}

const [processPath = '', tempPath = '', modelPath = '', mode = ''] = process.argv.slice(2);
host(processPath, tempPath, modelPath, mode).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
