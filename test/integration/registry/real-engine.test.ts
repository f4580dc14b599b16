import assert from 'node:assert/strict';
import { effectiveSignature } from '../../../lib/registry';
import { buildArchive } from '../../support/archive';
import { openEngineLab, testLoadWith } from '../../support/engine-lab';
import { buildModel, identityModel, irisModel, type ModelSpec, twoInputModel } from '../../support/onnx-models';
import { registryLab, withCode } from '../../support/registry-lab';

/** `a` needs `b` and `b` needs `a`. */
const cyclic: ModelSpec = {
  nodes: [
    { op: 'Add', inputs: ['x', 'b'], outputs: ['a'] },
    { op: 'Add', inputs: ['x', 'a'], outputs: ['b'] },
    { op: 'Identity', inputs: ['b'], outputs: ['y'] },
  ],
  inputs: identityModel().inputs,
  outputs: identityModel().outputs,
};

describe('uploads, tested by the real runtime', () => {
  it('accept what it loads, and keep the shapes only the file knows', async () => {
    await using engines = await openEngineLab();
    await using lab = await registryLab();
    lab.testLoad = testLoadWith(engines.engine);
    const version = await lab.upload('iris', irisModel());
    assert.deepEqual(version.signature.outputs, [{ name: 'probabilities', type: 'float32', shape: ['N', 3] }]);
    const anyRank = await lab.upload('any', identityModel('float32', null));
    assert.equal(anyRank.signature.inputs[0]?.shape, null);
    const scalar = await lab.upload('scalar', identityModel('float32', []));
    assert.deepEqual(scalar.signature.inputs[0]?.shape, []);
  });

  it('accept preprocessing that gives some of the inputs, and see the pair as the runtime does', async () => {
    await using engines = await openEngineLab();
    await using lab = await registryLab();
    lab.testLoad = testLoadWith(engines.engine);
    const preprocessing: ModelSpec = {
      nodes: [{ op: 'Identity', inputs: ['raw'], outputs: ['a'] }],
      inputs: [{ name: 'raw', type: 'float32', shape: ['N', 2] }],
      outputs: [{ name: 'a', type: 'float32', shape: ['N', 2] }],
    };
    const bytes = await buildArchive([
      ['model.onnx', buildModel(twoInputModel())],
      ['preprocessing.onnx', buildModel(preprocessing)],
    ]);
    const version = await lab.upload('two', bytes, { kind: 'tar' });
    assert.deepEqual(
      effectiveSignature(version).inputs.map(({ name }) => name),
      ['raw', 'b'],
    );
  });

  for (const { name, model } of [
    {
      name: 'an operator that does not exist',
      model: { ...identityModel(), nodes: [{ op: 'Nope', inputs: ['x'], outputs: ['y'] }] },
    },
    {
      name: 'a domain nobody knows',
      model: { ...identityModel(), nodes: [{ op: 'Identity', domain: 'com.example', inputs: ['x'], outputs: ['y'] }] },
    },
    { name: 'a graph that runs in a circle', model: cyclic },
    {
      name: 'an input nobody gives',
      model: { ...identityModel(), nodes: [{ op: 'Identity', inputs: ['z'], outputs: ['y'] }] },
    },
  ]) {
    it(`refuse ${name}, with the runtime’s words`, async () => {
      await using engines = await openEngineLab();
      await using lab = await registryLab();
      lab.testLoad = testLoadWith(engines.engine);
      await assert.rejects(lab.upload('bad', model), withCode('INVALID_MODEL', { stage: 'test-loaded' }));
      assert.deepEqual([lab.registry.list(), await lab.blobCount()], [[], 0]);
    });
  }
});
