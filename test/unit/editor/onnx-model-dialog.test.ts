import assert from 'node:assert/strict';
import { parseConfig } from '../../../nodes/onnx-model/config';
import { rowFor } from '../../../nodes/onnx-model/editor/input-row';
import { type ConfigChanges, readConfig } from '../../../nodes/onnx-model/editor/stored-config';
import { columnCount, findFault } from '../../../nodes/onnx-model/editor/validation';
import { writeChanges } from '../../../plugins/model-management/editor/dialog/stored-config';

const { util } = require('@node-red/util') as {
  readonly util: {
    evaluateNodeProperty(value: string, type: string, node: object, msg: object, done: Done): void;
  };
};
type Done = (error: unknown, value?: unknown) => void;

describe('a new row of the input table', () => {
  for (const input of [
    'a',
    'float input',
    'a.b[0]',
    'say "hi"',
    "it's",
    `both " and '`,
    'back\\slash',
    'ünï',
  ] as const) {
    it(`takes ${input} from the payload`, async () => {
      const { value, valueType } = rowFor(input);
      const taken = await new Promise((resolve, reject) => {
        util.evaluateNodeProperty(value, valueType, {}, { payload: { [input]: 7 } }, (error, found) =>
          error ? reject(error) : resolve(found),
        );
      });
      assert.equal(taken, 7);
    });
  }

  it('without an input takes the payload', () => assert.equal(rowFor('').value, 'payload'));
});

describe('the stored configuration in the dialog', () => {
  it('has the same defaults as the runtime', () => {
    const { name, ...edited } = readConfig({});
    const { configVersion, ...runtime } = parseConfig({});
    assert.deepEqual(edited, runtime);
    assert.deepEqual([name, configVersion], ['', 1]);
  });

  it('completes what a flow leaves out, at every depth', () => {
    const { result, queue, version } = readConfig({ result: { mode: 'all' }, queue: { max: 5 }, version: 3 });
    assert.deepEqual(result, { mode: 'all', names: [] });
    assert.deepEqual(queue, { max: 5, overflow: 'error' });
    assert.equal(version, '3');
  });

  for (const { name, node, changes, after } of [
    { name: 'no change writes nothing', node: { model: 'a' }, changes: {}, after: { model: 'a' } },
    {
      name: 'a change back to the default writes nothing',
      node: { model: 'a' },
      changes: { version: 'deployed', name: '' },
      after: { model: 'a' },
    },
    {
      name: 'a change writes its own property',
      node: { model: 'a', x: 1 },
      changes: { features: ['f'] },
      after: { model: 'a', x: 1, features: ['f'] },
    },
  ] satisfies readonly { name: string; node: Record<string, unknown>; changes: ConfigChanges; after: object }[]) {
    it(name, () => {
      writeChanges(node, readConfig(node), changes);
      assert.deepEqual(node, after);
    });
  }
});

describe('what the dialog finds wrong', () => {
  for (const [property, node, key] of [
    ['model', {}, 'noModel'],
    ['model', { model: 'iris' }, undefined],
    ['model', { model: 'not this one' }, 'badModel'],
    ['model', { model: '${MODEL}' }, undefined],
    ['model', { source: 'file' }, undefined],
    ['file', { source: 'file' }, 'noFile'],
    ['file', { source: 'file', file: 'models/x.onnx' }, undefined],
    ['file', { source: 'file', file: '../x.onnx' }, 'badFile'],
    ['file', { source: 'file', file: 'models/../../x.onnx' }, 'badFile'],
    ['file', { source: 'file', file: '/etc/x.onnx' }, 'badFile'],
    ['file', { source: 'file', file: 'C:\\x.onnx' }, 'badFile'],
    ['file', { source: 'file', file: 'a..b/x.onnx' }, undefined],
    ['version', { version: '12' }, undefined],
    ['version', { version: 'canary' }, undefined],
    ['version', { version: '0' }, 'badVersion'],
    ['version', { version: '1.5' }, 'badVersion'],
    ['features', { features: ['a', 'b'] }, undefined],
    ['features', { features: ['a', 'a'] }, 'twiceFeature'],
    ['features', { features: ['a', ''] }, 'emptyFeature'],
    ['inputMap', { inputMap: [{ input: 'x', value: 'payload', valueType: 'msg' }] }, undefined],
    ['inputMap', { inputMap: [{ input: '', value: 'payload', valueType: 'msg' }] }, 'noInput'],
    ['inputMap', { inputMap: [{ input: 'x', value: '', valueType: 'msg' }] }, 'badValue'],
    ['inputMap', { inputMap: [{ input: 'x', value: '{', valueType: 'json' }] }, 'badValue'],
    ['inputMap', { inputMap: [{ input: 'x', value: '1e3', valueType: 'num' }] }, undefined],
    ['inputMap', { inputMap: [{ input: 'x', value: 'one', valueType: 'num' }] }, 'badValue'],
    [
      'inputMap',
      {
        inputMap: [
          { input: 'x', value: '1', valueType: 'num' },
          { input: 'x', value: '2', valueType: 'num' },
        ],
      },
      'twiceInput',
    ],
    ['result', { result: { mode: 'named', names: [] } }, 'noOutput'],
    ['result', { result: { mode: 'all', names: [] } }, undefined],
    ['label', { label: { topK: 0 } }, 'badCount'],
    ['timeoutMs', { timeoutMs: -1 }, 'badCount'],
    ['timeoutMs', { timeoutMs: 0 }, undefined],
    ['queue', { queue: { max: 1.5 } }, 'badCount'],
    ['join', { join: 'whatever' }, undefined],
  ] as const) {
    it(`${property} of ${JSON.stringify(node)}: ${key ?? 'nothing'}`, () => {
      assert.equal(findFault(property, readConfig(node))?.key, key);
    });
  }
});

describe('the number of columns a shape asks for', () => {
  for (const [shape, count] of [
    [['N', 4], 4],
    [['N', 'M'], undefined],
    [[4], undefined],
    [null, undefined],
    [[1, 3, 8], 8],
  ] as const) {
    it(`${JSON.stringify(shape)} → ${count ?? 'any'}`, () => assert.equal(columnCount(shape), count));
  }
});
