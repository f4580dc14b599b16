import assert from 'node:assert/strict';
import type { RunView } from '../../../lib/training';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { requireOrSkip } from '../../support/requirement';
import { irisRows, TrainingLab } from '../../support/training-lab';
import { waitFor } from '../../support/wait-for';

const SAMPLE = { sepal_length: 7, sepal_width: 3.2, petal_length: 4.7, petal_width: 1.4 };

/** Counts the rows of both files and hands on the model it was given; paths and names as the original tells them. */
const COUNTING = `import json
settings = dict(line.rstrip('\\n').split('=', 1) for line in open('env.list'))
rows = [json.load(open(settings[name])) for name in ('collection_data_1_path', 'collection_data_2_path')]
print('rows', [len(part) for part in rows], sorted(rows[1][0]) if rows[1] else [])
model = open(settings['model_file_path'], 'rb').read()
open(settings['model_file_path'], 'wb').write(model)
open(settings['accuracy_path'], 'w').write(str(0.5))
`;

/** 150 rows of the data set and 6 made ones; 3 of them came later, as in the original's demo. */
function demoRows(): readonly Record<string, unknown>[] {
  const flowers = irisRows();
  const made = flowers.filter((_, index) => index % 25 === 0).map((row) => ({ ...row, sepal_length: 6 }));
  return [...flowers, ...made].map((row, index) => ({
    ...row,
    created: index < 153 ? '2024-02-01T08:00:00.000Z' : '2024-02-01T11:30:00.000Z',
  }));
}

describe('the demo of the original on a Docker engine', function () {
  this.timeout(240_000);
  let engine: DockerEngine;
  let broker: Mosquitto;
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    engine = await DockerEngine.start();
    broker = await Mosquitto.start();
    lab = await TrainingLab.start({
      modelManagement: { docker: { socketPath: engine.socketPath }, training: { image: TEST_IMAGE } },
    });
    await lab.addModel();
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  const rowsOf = ({ inputs }: RunView): readonly number[] => inputs.queries.map(({ rows }) => rows);

  it('learns from 156 rows, then from those that are new, and a flow that runs answers with each new version', async () => {
    await lab.addRows('iris', demoRows());
    const queries = [{ query: 'SELECT * FROM iris', newDataOnly: true, newDataCollections: ['iris'] }];
    await lab.addJob({ runner: 'docker', queries, promotion: { mode: 'always' } });
    const node = { format: 'label', version: 'deployed' };
    await lab.nodeRed.deploy(modelFlow({ model: 'iris', brokerPort: broker.port, node }));
    await using listener = await MqttListener.on(broker, ['out']);
    const ask = () => listener.ask('in', SAMPLE, 'out') as Promise<{ label: string; score: number }>;
    // The first messages may come before the flow has subscribed.
    await waitFor(async () => {
      await listener.publish('in', SAMPLE);
      return listener.on('out').length > 0;
    });
    const answers = [(await ask()).score];
    for (const [index, count] of [156, 1, 100, 101, 200, 1_000].entries()) {
      const flowers = irisRows();
      if (index > 0) {
        const added = Array.from({ length: count }, (_, n) => flowers[(n * 37) % flowers.length]);
        await lab.addRows('iris', added);
      }
      const run = await lab.train();
      const log = await lab.log(run.id);
      assert.deepEqual([run.state, ...rowsOf(run), run.version], ['succeeded', count, index + 2], log);
      assert.equal(run.promotion?.decision, 'promoted', JSON.stringify(run.promotion));
      if (index > 0) assert.match(log, /going on from the weights/);
      answers.push((await ask()).score);
    }
    assert.equal(new Set(answers).size, answers.length, `each version answers differently: ${answers.join(', ')}`);
    assert.equal((await lab.train()).state, 'skipped');
  });

  it('joins two collections of which both are new, beside a query over all', async () => {
    await lab.addRows('samples', [
      { plant: 1, size: 10 },
      { plant: 2, size: 20 },
    ]);
    await lab.addRows('labels', [{ plant: 1, species: 'setosa' }]);
    const join = 'SELECT s.size, l.species FROM samples s JOIN labels l ON l.plant = s.plant ORDER BY s.size';
    const queries = [
      { query: 'SELECT * FROM samples' },
      { query: join, newDataOnly: true, newDataCollections: ['samples', 'labels'] },
    ];
    await lab.addJob({ name: 'joining', runner: 'docker', queries }, COUNTING);
    const first = await lab.train('joining');
    assert.deepEqual(rowsOf(first), [2, 1], await lab.log(first.id));
    assert.match(await lab.log(first.id), /rows \[2, 1\] \['size', 'species'\]/);
    assert.equal((await lab.train('joining')).state, 'skipped');
    await lab.addRows('samples', [{ plant: 3, size: 30 }]);
    await lab.addRows('labels', [{ plant: 3, species: 'virginica' }]);
    const second = await lab.train('joining');
    assert.deepEqual([second.state, ...rowsOf(second)], ['succeeded', 3, 1]);
  });
});
