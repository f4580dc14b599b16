import assert from 'node:assert/strict';
import { ModelShelf } from '../../../lib/edges/agent/model-shelf';
import { type ErrorCode, ModelManagementError } from '../../../lib/errors';
import { ModelName } from '../../../lib/ids';
import {
  type AssignedModels,
  faultOfAssigned,
  faultOfFile,
  faultOfKept,
  faultOfRoute,
} from '../../../plugins/model-management/runtime/model-faults';
import { aTarget } from '../../support/edge-builders';
import { aSource } from '../../support/hand-engine';

describe('why a model does not answer', () => {
  for (const [what, model, ref, code, message] of [
    ['is nothing of one that is there', 'iris', '1', undefined, undefined],
    ['is that there is none', 'wine', 'deployed', 'MODEL_MISSING', /no model wine/],
    ['is that none is deployed', 'iris', 'deployed', 'VERSION_MISSING', /No version of iris is deployed.*deploy one/],
    ['is that its number is not there', 'iris', '7', 'VERSION_MISSING', /no version 7/],
    ['is that its alias is not there', 'iris', 'candidate', 'VERSION_MISSING', /no alias candidate/],
    ['is that it is empty', 'iris', 'latest', 'VERSION_MISSING', /no versions yet/],
  ] as const) {
    it(`${what}, in a registry`, () => {
      const kept = {
        hasModel: (name: string) => name === 'iris',
        hasVersion: (name: string, version: string) => name === 'iris' && version === '1',
      };
      const fault = faultOfKept(kept, model, ref);
      assert.equal(fault?.code, code);
      if (message) assert.match(fault?.message ?? '', message);
    });
  }

  const shelf = new ModelShelf();
  shelf.put(aTarget('iris', 2), new Map([[2, aSource(2)]]));
  const error = { code: 'STORAGE_FULL', message: 'The disk is full.' };
  for (const [what, model, ref, own, code, message] of [
    ['is nothing of what serves', 'iris', 'deployed', 'running', undefined, undefined],
    ['is nothing of what serves while another comes', 'iris', '2', 'downloading', undefined, undefined],
    ['is nothing of what is on its way', 'Wine', 'deployed', 'downloading', undefined, undefined],
    ['is nothing of what waits for its turn', 'wine', 'deployed', 'pending', undefined, undefined],
    ['is nothing of another version that is on its way', 'iris', '3', 'pending', undefined, undefined],
    ['is that it did not come', 'wine', 'deployed', 'failed', 'MODEL_MISSING', /did not come.*disk is full/],
    ['is that another version did not come', 'iris', '3', 'failed', 'VERSION_MISSING', /did not come.*disk is full/],
    ['is that another version is assigned', 'iris', '7', 'running', 'VERSION_MISSING', /assigned version 2.*not 7/],
    ['is that nothing is assigned', 'wine', 'deployed', undefined, 'MODEL_MISSING', /assigned no version.*Assign it/],
  ] as const) {
    it(`${what}, on an edge`, () => {
      const reported = own && {
        name: ModelName.parse(model.toLowerCase()),
        state: own,
        ...(own === 'failed' && { error }),
      };
      const assigned: AssignedModels = { shelf, own: () => (reported ? [reported] : []) };
      const fault = faultOfAssigned(assigned, model, ref);
      assert.equal(fault?.code, code);
      if (message) assert.match(fault?.message ?? '', message);
    });
  }

  it('is that it does not load, and no earlier one serves', () => {
    const failed = (code: ErrorCode) =>
      ({ status: 'failed', error: new ModelManagementError(code, 'It is damaged.', 'Upload it again.') }) as const;
    assert.deepEqual(faultOfRoute(failed('VERSION_UNUSABLE')), {
      code: 'MODEL_NOT_LOADED',
      message: 'It is damaged. Upload it again.',
    });
    assert.equal(faultOfRoute(failed('VERSION_NOT_ON_EDGE')), undefined);
    assert.equal(faultOfRoute({ status: 'loading', version: 1 }), undefined);
    assert.equal(faultOfRoute({ status: 'missing' }), undefined);
    assert.equal(faultOfRoute(undefined), undefined);
  });

  it('is that its file is not there, or does not load', () => {
    const damaged = new ModelManagementError('INVALID_MODEL', 'It is damaged.', 'Export it again.');
    assert.match(
      faultOfFile('a.onnx', { status: 'missing' })?.message ?? '',
      /no model file a\.onnx.*below the user directory/,
    );
    assert.equal(faultOfFile('a.onnx', { status: 'missing' })?.code, 'MODEL_MISSING');
    assert.equal(faultOfFile('a.onnx', { status: 'failed', error: damaged })?.code, 'MODEL_NOT_LOADED');
    assert.equal(faultOfFile('a.onnx', { status: 'loading', version: null }), undefined);
    assert.equal(faultOfFile('a.onnx', undefined), undefined);
  });
});
