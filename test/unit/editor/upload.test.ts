import assert from 'node:assert/strict';
import { ApiError } from '../../../plugins/model-management/editor/api';
import { checkListOf } from '../../../plugins/model-management/editor/upload/check-list';
import { isModelName, nameFromFile } from '../../../plugins/model-management/editor/upload/file-choice';
import type { UploadState } from '../../../plugins/model-management/editor/upload/use-upload';

describe('the name a file offers', () => {
  for (const [file, name] of [
    ['iris.onnx', 'iris'],
    ['My Model (2).ONNX', 'My-Model-2'],
    ['Über größe.onnx', 'Uber-gro-e'],
    ['..hidden.onnx', 'hidden'],
    ['a/b\\c.onnx', 'a-b-c'],
    ['<img src=x>.onnx', 'img-src-x'],
    ['日本.onnx', ''],
    ['iris-12.tar', 'iris'],
    ['iris-v2.TAR', 'iris-v2'],
    ['iris-12.onnx', 'iris-12'],
    [`${'x'.repeat(80)}.onnx`, 'x'.repeat(63)],
  ] as const) {
    it(`${file} → ${name || 'nothing'}`, () => {
      assert.equal(nameFromFile(file), name);
      assert.equal(isModelName(name), name !== '');
    });
  }
});

describe('the check list of an upload', () => {
  const failed = (code: string, details = {}): UploadState => ({
    status: 'failed',
    error: new ApiError(code, '', '', details),
  });
  for (const { name, state, list } of [
    { name: 'before it starts', state: { status: 'idle' }, list: 'waiting waiting waiting' },
    { name: 'while the file goes out', state: { status: 'sending', ratio: 0.5 }, list: 'running waiting waiting' },
    { name: 'while the server works', state: { status: 'checking' }, list: 'passed running waiting' },
    { name: 'of a file that is no model', state: failed('INVALID_MODEL'), list: 'passed failed waiting' },
    { name: 'of a model that does not load', state: failed('VERSION_UNUSABLE'), list: 'passed passed failed' },
    {
      name: 'of a model that only the loading refused',
      state: failed('INVALID_MODEL', { stage: 'test-loaded' }),
      list: 'passed passed failed',
    },
    {
      name: 'of an archive that holds no model',
      state: failed('INVALID_MODEL', { stage: 'read' }),
      list: 'failed waiting waiting',
    },
    { name: 'when the connection broke', state: failed('NETWORK'), list: 'failed waiting waiting' },
  ] satisfies readonly { name: string; state: UploadState; list: string }[]) {
    it(`${name}: ${list}`, () => assert.equal(Object.values(checkListOf(state)).join(' '), list));
  }
});
