import assert from 'node:assert/strict';
import type { RunView } from '../../lib/training';
import type { TrainingLab } from './training-lab';
import { waitFor } from './wait-for';

/** Trains until there is the file that `GATE` names. */
export const HELD_SCRIPT = `import os, shutil, time
print('begun', flush=True)
while not os.path.exists(os.environ['GATE']):
    time.sleep(0.05)
shutil.copyfile('model.onnx', 'new.onnx')
os.rename('new.onnx', os.environ['model_file_path'])
open(os.environ['accuracy_path'], 'w').write('0.5')
`;
export const HELD_JOBS = ['a', 'b', 'c'] as const;

/**
 * Starts them where `edge-2` and `edge-3` have the label `gpu`: one runs on each, and the third where one is free.
 * @param open - makes the file that the script of a job waits for
 */
export async function checkSideBySide(
  hub: TrainingLab,
  open: (job: string, edge: string) => Promise<void>,
): Promise<void> {
  const ids = new Map<string, string>();
  for (const name of HELD_JOBS) ids.set(name, (await hub.start(name)).id);
  const run = (name: string): Promise<RunView> => hub.run(ids.get(name) ?? '');
  /** Its script runs, and the edge has said so. */
  const trains = async (name: string): Promise<boolean> =>
    (await hub.log(ids.get(name) ?? '')).includes('begun') && (await run(name)).state === 'training';
  const [first, second, third] = HELD_JOBS;
  await waitFor(async () => (await trains(first)) && (await trains(second)), {
    what: 'two runs side by side',
    timeoutMs: 60_000,
  });
  const views = await Promise.all(HELD_JOBS.map(run));
  assert.equal(views[2]?.state, 'queued', JSON.stringify(views));
  const [firstEdge, secondEdge] = views.map(({ edge }) => edge);
  assert.deepEqual([firstEdge, secondEdge].sort(), ['edge-2', 'edge-3']);
  assert.equal(views[2]?.edge, 'label:gpu');

  await open(second, secondEdge ?? '');
  const done = await hub.ended(ids.get(second) ?? '');
  assert.deepEqual([done.state, done.edge], ['succeeded', secondEdge]);
  await waitFor(() => trains(third), { what: 'the third to begin', timeoutMs: 60_000 });
  const now = await Promise.all([run(first), run(third)]);
  assert.deepEqual(
    now.map(({ state, edge }) => [state, edge]),
    [
      ['training', firstEdge],
      ['training', secondEdge],
    ],
  );
  await open(first, firstEdge ?? '');
  await open(third, secondEdge ?? '');
  for (const name of [first, third]) {
    const ended = await hub.ended(ids.get(name) ?? '');
    assert.equal(ended.state, 'succeeded', `${JSON.stringify(ended)}\n${await hub.log(ended.id)}`);
  }
}
