import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { onnx } from 'onnx-proto';
import { readModelFile } from '../../../../lib/registry';
import { hiddenExternalData } from '../../../support/onnx-functions';
import { buildModel, identityModel, irisModel } from '../../../support/onnx-models';
import { graphIn, mutatedModel } from '../../../support/onnx-mutations';
import { withCode } from '../../../support/registry-lab';
import { type TemporaryFolder, temporaryFolder } from '../../../support/temporary-folder';

describe('reading an ONNX file is refused with words for', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder[Symbol.asyncDispose]());

  const tensor = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'N' }] } } };
  const cases: readonly (readonly [string, () => Buffer, RegExp, RegExp?])[] = [
    ['an empty file', () => Buffer.alloc(0), /empty/],
    ['a ZIP archive', () => Buffer.from('PK\x03\x04xxxxxxxx', 'latin1'), /ZIP archive/, /torch\.onnx\.export/],
    ['an HDF5 file', () => Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /HDF5/, /tf2onnx/],
    ['a TensorFlow Lite model', () => Buffer.from('\x1c\0\0\0TFL3\0\0', 'latin1'), /TensorFlow Lite/, /tf2onnx/],
    ['a Python pickle', () => Buffer.from('\x80\x04\x95\0\0\0', 'latin1'), /pickle/, /skl2onnx/],
    ['an HTML page', () => Buffer.from('<!DOCTYPE html><p>Not found'), /HTML/],
    ['a Git LFS pointer', () => Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /LFS/, /git lfs pull/],
    ['words', () => Buffer.from('hello, this is a text file'), /text file/, /Upload an .onnx file/],
    ['JSON', () => Buffer.from('{\n  "layers": []\n}\n'), /text file/, /Upload an .onnx file/],
    ['no protobuf', () => Buffer.from('hello\u0001\u0002'), /whole ONNX file/, /copied completely/],
    ['a file without a graph', () => mutatedModel((model) => Object.assign(model, { graph: null })), /no graph/],
    [
      'a file with two graphs',
      () => Buffer.concat([buildModel(identityModel()), buildModel(identityModel())]),
      /two graphs/,
    ],
    [
      'a file without an IR version',
      () => mutatedModel((model) => Object.assign(model, { irVersion: 0 })),
      /IR version/,
    ],
    [
      'a file without operator sets',
      () => mutatedModel((model) => Object.assign(model, { opsetImport: [] })),
      /operator set/,
    ],
    [
      'a graph without outputs',
      () => mutatedModel((model) => Object.assign(graphIn(model), { output: [] })),
      /no outputs/,
    ],
    [
      'an input without a name',
      () => mutatedModel((model) => Object.assign(graphIn(model), { input: [{ name: '', type: tensor }] })),
      /no name/,
    ],
    [
      'an input without a type',
      () => mutatedModel((model) => Object.assign(graphIn(model), { input: [{ name: 'x' }] })),
      /"x" has no type/,
    ],
    [
      'two inputs of one name',
      () => mutatedModel((model) => graphIn(model).input?.push({ name: 'x', type: tensor })),
      /two inputs named "x"/,
    ],
    ['bfloat16', () => mutatedModel(outputType({ tensorType: { elemType: 16 } })), /"y" is of type bfloat16/, /Cast/],
    ['float8', () => mutatedModel(outputType({ tensorType: { elemType: 17 } })), /float8e4m3fn/],
    ['complex numbers', () => mutatedModel(outputType({ tensorType: { elemType: 14 } })), /complex64/],
    [
      'an element type that does not exist',
      () => mutatedModel(outputType({ tensorType: { elemType: 99 } })),
      /unknown element type 99/,
    ],
    ['a sequence', () => mutatedModel(outputType({ sequenceType: { elemType: tensor } })), /"y" is a sequence/],
    [
      'a ZipMap',
      () => mutatedModel(outputType({ sequenceType: { elemType: { mapType: { keyType: 7, valueType: tensor } } } })),
      /"y" is a list of maps \(ZipMap\)/,
      /zipmap.*False/,
    ],
    ['a map', () => mutatedModel(outputType({ mapType: { keyType: 7, valueType: tensor } })), /is a map/, /zipmap/],
    ['a sparse tensor', () => withOutputKind(8), /"y" is a sparse tensor/],
    ['an optional value', () => withOutputKind(9), /"y" is an optional value/],
    [
      'weights in another file',
      () =>
        mutatedModel((model) => {
          const [weight] = graphIn(model).initializer ?? [];
          if (weight) Object.assign(weight, { dataLocation: 1, externalData: [{ key: 'location', value: 'w.bin' }] });
        }, buildModel(irisModel())),
      /"w1" lies in another file/,
      /save_as_external_data=False/,
    ],
    [
      'weights in another file, deep inside',
      () =>
        mutatedModel((model) => {
          const node = { opType: 'Constant', attribute: [{ name: 'value', t: { name: 'deep', dataLocation: 1 } }] };
          const body = { name: 'b', node: [node] };
          graphIn(model).node?.push({ opType: 'If', attribute: [{ name: 'then_branch', g: body }] });
        }),
      /"deep" lies in another file/,
    ],
    [
      'weights in another file, as the default of an attribute of a function',
      () => hiddenExternalData('other'),
      /"hidden" lies in another file/,
    ],
    [
      'graphs nested without end',
      () =>
        mutatedModel((model) => {
          let body: onnx.IGraphProto = { name: 'innermost' };
          for (let depth = 0; depth < 40; depth++) {
            body = { name: 'b', node: [{ opType: 'If', attribute: [{ name: 'then_branch', g: body }] }] };
          }
          graphIn(model).node?.push({ opType: 'If', attribute: [{ name: 'then_branch', g: body }] });
        }),
      /nested more than 32 levels/,
    ],
    [
      'thousands of outputs',
      () =>
        mutatedModel((model) =>
          Object.assign(graphIn(model), {
            output: Array.from({ length: 5_000 }, (_, n) => ({ name: `y${n}`, type: tensor })),
          }),
        ),
      /more than 4096 outputs/,
    ],
    [
      'thousands of weights among the inputs, each with a name of four thousand letters',
      () =>
        mutatedModel((model) =>
          Object.assign(graphIn(model), {
            input: Array.from({ length: 5_000 }, (_, n) => ({ name: `${n}`.padEnd(4_000, 'x'), type: tensor })),
          }),
        ),
      /names of the inputs are too long/,
    ],
    [
      'a shape of a hundred dimensions',
      () =>
        mutatedModel(
          outputType({ tensorType: { elemType: 1, shape: { dim: Array.from({ length: 100 }, () => ({})) } } }),
        ),
      /more than 64 dimensions/,
    ],
    [
      'a name of a megabyte',
      () =>
        mutatedModel((model) =>
          Object.assign(graphIn(model), { output: [{ name: 'y'.repeat(1_000_000), type: tensor }] }),
        ),
      /bytes long/,
    ],
    ['a length beyond the end', () => Buffer.from([0x08, 0x08, 0x3a, 0xff, 0xff, 0xff, 0x7f]), /claims \d+ bytes/],
    ['an absurd length', () => Buffer.from([0x3a, ...Array<number>(9).fill(0xff), 0x01]), /claims \d+ bytes/],
    ['a number without end', () => Buffer.alloc(20, 0xff), /longer than ten bytes/],
    ['field number 0', () => Buffer.from([0x00, 0x01]), /field number 0/],
    ['groups', () => Buffer.from([0x3b, 0x3c]), /wire type 3/],
    ['a graph that is a number', () => Buffer.from([0x08, 0x08, 0x42, 0x00, 0x38, 0x01]), /wrong wire type/],
    ['an IR version that is text', () => Buffer.from([0x0a, 0x01, 0x41]), /wrong wire type/],
    ['a name that is not UTF-8', () => Buffer.from([0x12, 0x01, 0xff]), /not UTF-8/],
  ];
  for (const [name, bytes, words, hint] of cases) {
    it(name, async () => {
      const path = `${folder.path}/model.onnx`;
      await writeFile(path, bytes());
      await assert.rejects(readModelFile(path), (thrown: Error & { hint: string }) => {
        assert.match(thrown.message, words);
        if (hint) assert.match(thrown.hint, hint);
        return withCode('INVALID_MODEL', { stage: 'checked' })(thrown);
      });
    });
  }
});

function outputType(type: onnx.ITypeProto): (model: onnx.ModelProto) => unknown {
  return (model) => Object.assign(graphIn(model), { output: [{ name: 'y', type }] });
}

/** A model whose output `y` is of another kind of type; `onnx-proto` does not know them all. */
function withOutputKind(kind: number): Buffer {
  const bytes = buildModel(identityModel());
  // output (12): name (1) "y", type (2), kind
  const at = bytes.lastIndexOf(Buffer.from([0x0a, 0x01, 0x79, 0x12]));
  bytes[at + 5] = (kind << 3) | 2;
  return bytes;
}
