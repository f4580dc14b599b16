import assert from 'node:assert/strict';
import { ModelName, newId } from '../../../../lib/ids';
import { JobFields } from '../../../../lib/training/job';
import { imported } from '../../../support/clearblade-import';

const aModelRow = (row: object) => ({
  id: '2022-08-02_6f1f',
  name: 'iris',
  edges: ['edge-1'],
  job_name: null,
  evaluations: '{"accuracy":"0.97\\n"}',
  is_history: true,
  created_at: '2022-08-01T10:00:00Z',
  to_deploy: false,
  ...row,
});

const aJobRow = (row: object = {}) => ({
  id: '6f1f',
  name: 'iris_job',
  model_name: 'iris',
  training_edge: 'plant 1',
  queries: [
    { query: 'SELECT * FROM iris', new_data_only: true, collection: 'iris' },
    { query: 'SELECT * FROM other', new_data_only: false },
  ],
  training_files_info: {
    retrain_requirement_file_name: 'retraining_requirements.txt',
    retrain_scripts_names: ['prepare.py', 'train.py'],
    additional_input_folder_name: 'additional_output',
  },
  status: { state: 'idle' },
  evaluations: ['accuracy', 'test_loss'],
  update_existing_model: true,
  repeat: { type: 'AMOUNT_OF_TIME', value: { amount: 1, units: 'DAY' } },
  ...row,
});

describe('rows of the original about models', () => {
  it('become a list of the files to upload: names, order, metrics, and which to deploy', () => {
    const { warnings, flows } = imported({
      models: [
        aModelRow({ id: 'second', created_at: '2022-08-03T10:00:00Z', job_name: 'iris_job', to_deploy: true }),
        aModelRow({ id: 'first' }),
        aModelRow({ id: 'third', created_at: '2022-08-04T10:00:00Z', job_name: 'iris_job' }),
      ],
    });
    assert.deepEqual(flows, []);
    assert.deepEqual(
      warnings.map(({ message }) => message),
      [
        'Upload outbox/model.onnx of the bucket set "iris" as version 1 of the model iris (made 2022-08-01T10:00:00Z) and the metrics accuracy 0.97.',
        'Upload outbox/model.onnx of the bucket set "iris" as version 2 of the model iris with the alias deployed (made 2022-08-03T10:00:00Z) and the metrics accuracy 0.97.',
        'Upload inbox/<training edge>/third/model.onnx of the bucket set "iris_job_training" as version 3 of the model iris (made 2022-08-04T10:00:00Z) and the metrics accuracy 0.97.',
      ],
    );
    for (const { code, model } of warnings) assert.deepEqual([code, model], ['MODEL_FILE', 'iris']);
  });

  it('keep a model that a job made by itself apart from the one it was trained from', () => {
    const { warnings } = imported({
      models: [
        aModelRow({ is_history: false, to_deploy: true }),
        aModelRow({ is_history: false, job_name: 'iris_job', id: 'own' }),
      ],
    });
    assert.match(warnings[0]?.message ?? '', /version 1 of the model iris with the alias deployed/);
    assert.match(warnings[1]?.message ?? '', /own\/model\.onnx .* version 1 of the model iris-trained /);
  });

  it('name each model that a job made as a model can be called, and as no other one is', () => {
    const long = 'm'.repeat(63);
    const trained = { is_history: false, job_name: 'some_job' };
    const { warnings } = imported({
      models: [
        aModelRow({ name: 'iris-trained' }),
        aModelRow({ name: 'iris', ...trained }),
        aModelRow({ name: long, ...trained }),
        aModelRow({ name: `${long.slice(1)}n`, ...trained }),
      ],
    });
    const names = warnings.map(({ message }) => /as version 1 of the model (\S+) /.exec(message)?.[1]);
    assert.deepEqual(names, [
      'iris-trained',
      'iris-trained-2',
      `${'m'.repeat(55)}-trained`,
      `${'m'.repeat(53)}-trained-2`,
    ]);
  });
});

describe('rows of the original about jobs', () => {
  it('become jobs of this package, on the image of the original, with what is left to give', () => {
    const { jobs, warnings } = imported({ jobs: [aJobRow()] });
    assert.deepEqual(jobs, [
      {
        name: 'iris_job',
        baseModel: 'iris',
        trainingEdge: 'plant 1',
        updateExistingModel: true,
        schedule: { kind: 'interval', every: 1, unit: 'day' },
        queries: [
          { id: 'q1', query: 'SELECT * FROM iris', source: 'local', newDataOnly: true, newDataCollections: ['iris'] },
          { id: 'q2', query: 'SELECT * FROM other', source: 'local', newDataOnly: false, newDataCollections: [] },
        ],
        scripts: ['prepare.py', 'train.py'],
        metrics: [
          { name: 'accuracy', direction: 'maximize' },
          { name: 'test_loss', direction: 'minimize' },
        ],
        image: 'python:3.9-bullseye',
        network: 'bridge',
      },
    ]);
    for (const { name: _name, ...fields } of jobs) JobFields.parse(fields);
    assert.deepEqual(
      warnings.map(({ code, job }) => [code, job]),
      [
        ['JOB_FILES', 'iris_job'],
        ['JOB_NOT_CREATED', 'iris_job'],
      ],
    );
    for (const file of ['retraining_requirements.txt', 'prepare.py', 'train.py', 'additional_output']) {
      assert.ok(warnings[0]?.message.includes(`"${file}"`), file);
    }
  });

  for (const { repeat, schedule, warns } of [
    { repeat: { type: 'REPEAT_NONE', value: { amount: 0, units: 'SECOND' } }, schedule: null, warns: false },
    { repeat: undefined, schedule: null, warns: false },
    {
      repeat: '{"type":"AMOUNT_OF_TIME","value":{"amount":2,"units":"WEEK"}}',
      schedule: { kind: 'interval', every: 2, unit: 'week' },
      warns: false,
    },
    {
      repeat: { type: 'AMOUNT_OF_TIME', value: { amount: 1, units: 'MONTH' } },
      schedule: { kind: 'interval', every: 1, unit: 'month' },
      warns: false,
    },
    {
      repeat: { type: 'AMOUNT_OF_TIME', value: { amount: 1.5, units: 'HOUR' } },
      schedule: { kind: 'interval', every: 5_400, unit: 'second' },
      warns: true,
    },
    { repeat: { type: 'AMOUNT_OF_TIME', value: { amount: 0.5, units: 'MONTH' } }, schedule: null, warns: true },
    { repeat: { type: 'AMOUNT_OF_TIME', value: { amount: -1, units: 'DAY' } }, schedule: null, warns: true },
    { repeat: { type: 'AMOUNT_OF_TIME', value: { amount: 1, units: 'FORTNIGHT' } }, schedule: null, warns: true },
  ]) {
    it(`the repetition ${JSON.stringify(repeat)} is ${JSON.stringify(schedule)}`, () => {
      const { jobs, warnings } = imported({ jobs: [aJobRow({ repeat })] });
      assert.deepEqual(jobs[0]?.schedule, schedule);
      assert.equal(
        warnings.some(({ code }) => code === 'JOB_FIELD'),
        warns,
      );
    });
  }

  it('a model of its own gets a name for each run, and metrics that are no names are told', () => {
    const { jobs, warnings } = imported({
      jobs: [aJobRow({ update_existing_model: false, evaluations: ['ok', 'a=b', 'model_file'] })],
    });
    assert.deepEqual([jobs[0]?.newModelName, jobs[0]?.updateExistingModel], ['iris-{run}', false]);
    assert.deepEqual(
      jobs[0]?.metrics.map(({ name }) => name),
      ['ok'],
    );
    assert.equal(warnings.filter(({ code }) => code === 'JOB_FIELD').length, 2);
  });

  for (const { what, row, baseModel } of [
    { what: 'a model of another name than its own', row: { name: 'x_job', model_name: 'iris' }, baseModel: 'iris' },
    { what: 'no model', row: { name: 'iris_job', model_name: '' }, baseModel: 'iris' },
    {
      what: 'no model, and a name that is none of a model',
      row: { name: 'My job', model_name: null },
      baseModel: 'My-job',
    },
    { what: 'no model, and nothing before _job', row: { name: '_job', model_name: null }, baseModel: 'job' },
    { what: 'a model whose name is none here', row: { model_name: 'Größe (2)' }, baseModel: 'Gro-e-2' },
  ]) {
    it(`a job that names ${what} trains ${baseModel}`, () => {
      const { jobs } = imported({ jobs: [aJobRow(row)] });
      assert.equal(jobs[0]?.baseModel, baseModel);
    });
  }

  it('the model of a job that names none is not taken for another one', () => {
    const { jobs } = imported({
      models: [aModelRow({ name: 'My-job' })],
      jobs: [aJobRow({ name: 'My job', model_name: '' })],
    });
    assert.equal(jobs[0]?.baseModel, 'My-job-2');
  });

  it('the name of a model of its own can be one with the id of any run', () => {
    const { jobs } = imported({ jobs: [aJobRow({ model_name: 'm'.repeat(63), update_existing_model: false })] });
    assert.equal(jobs[0]?.baseModel, 'm'.repeat(63));
    const newName = jobs[0]?.newModelName?.replace('{run}', newId());
    assert.ok(ModelName.safeParse(newName).success, newName);
  });
});
