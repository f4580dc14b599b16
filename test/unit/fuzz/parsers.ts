import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { asModelManagementError, ModelManagementError } from '../../../lib/errors';
import { createCodec } from '../../../lib/inference/codec';
import { decodeFrame } from '../../../lib/inference/wire/frame-decoder';
import { encodeFrame } from '../../../lib/inference/wire/frame-encoder';
import { FrameError, HEADER_BYTES } from '../../../lib/inference/wire/frames';
import { readModelFile } from '../../../lib/registry';
import { VersionJson } from '../../../lib/registry/input';
import { type Dimension, type TensorType, tensorTypes } from '../../../lib/registry/signature';
import { readTar } from '../../../lib/registry/tar-reader';
import { parseDigestHeader } from '../../../plugins/model-management/runtime/digest-header';
import { mutated, runsOf } from '../../support/mutations';
import { callTree, hiddenExternalData } from '../../support/onnx-functions';
import { buildModel, irisModel, loopModel, twoInputModel } from '../../support/onnx-models';
import { paxEntry, rawArchive, rawEntry } from '../../support/raw-tar';
import { temporaryFolder } from '../../support/temporary-folder';
import { anyTensor } from '../../support/tensor-arbitraries';

const archives = [
  rawArchive(rawEntry({ name: 'model.onnx' }, 'x'.repeat(700)), rawEntry({ name: 'version.json' }, '{}')),
  rawArchive(paxEntry({ path: 'additional_output/é', size: '3' }), rawEntry({ name: 'a' }, 'abc')),
  rawArchive(rawEntry({ name: '././@LongLink', flag: 'L' }, `${'a/'.repeat(90)}b\0`), rawEntry({ name: 'a' }, 'y')),
];
const models = [
  ...[irisModel(), twoInputModel(), loopModel()].map((spec) => buildModel(spec)),
  callTree(3, 2),
  hiddenExternalData('w'),
];

function isRefusal(error: unknown, code: string): true {
  if (!ModelManagementError.is(error)) throw error;
  assert.equal(error.code, code, error.message);
  assert.ok(error.message !== '' && error.hint !== '');
  return true;
}

const texts = fc.constantFrom('NaN', 'Infinity', '-Infinity', '', ' ', '1', '1e400', '0x10', 'a', '__proto__', 'null');
const jsonish = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.double(),
    texts,
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'type', 'dims', 'data', '__proto__', 'payload'), tie('value'), {
    maxKeys: 4,
  }),
})).value;

const signatureInputs = fc.array(
  fc.record({
    type: fc.constantFrom<TensorType>(...tensorTypes),
    shape: fc.option(fc.array(fc.constantFrom<Dimension>('N', null, 0, 1, 2, 3), { maxLength: 3 })),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Whether a number that is none is anywhere in the value. */
function holdsNaN(value: unknown): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsNaN);
}

/** Everything that reads what strangers send, fed with so many mutations and inventions each. */
export function fuzzParsers(numRuns: number): void {
  const runs = runsOf(numRuns);

  it(`an archive gives entries or INVALID_MODEL, ${numRuns} times`, () =>
    fc.assert(
      fc.asyncProperty(mutated(archives), fc.integer({ min: 1, max: 1_500 }), async (bytes, pieceBytes) => {
        async function* pieces(): AsyncGenerator<Buffer> {
          for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
        }
        let contentBytes = 0;
        try {
          for await (const { content } of readTar(pieces()))
            for await (const part of content) contentBytes += part.length;
        } catch (error) {
          isRefusal(error, 'INVALID_MODEL');
        }
        assert.ok(contentBytes <= bytes.length);
      }),
      runs,
    ));

  it(`a model gives a signature or INVALID_MODEL, ${numRuns} times, in bounded memory`, async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/model.onnx`;
    const before = process.memoryUsage().rss;
    await fc.assert(
      fc.asyncProperty(mutated(models), async (bytes) => {
        await writeFile(path, bytes);
        try {
          assert.ok((await readModelFile(path)).signature.outputs.length > 0);
        } catch (error) {
          isRefusal(error, 'INVALID_MODEL');
        }
      }),
      runs,
    );
    const grownBytes = process.memoryUsage().rss - before;
    assert.ok(grownBytes < 300 * 2 ** 20, `grew by ${grownBytes} bytes`);
  });

  it(`a version.json gives what it says or complaints, ${numRuns} times`, () => {
    const fields = fc.record(
      {
        metrics: fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(fc.double(), texts), { maxKeys: 3 }),
        labels: fc.oneof(fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 }), jsonish),
        tags: fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(fc.string(), jsonish), { maxKeys: 3 }),
        description: fc.oneof(fc.string(), jsonish),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fields, jsonish), (value) => {
        const sent: unknown = JSON.parse(JSON.stringify(value));
        const parsed = VersionJson.safeParse(sent);
        if (!parsed.success) return assert.ok(parsed.error.issues.length > 0);
        assert.deepEqual(JSON.parse(JSON.stringify(parsed.data)), sent);
        for (const metric of Object.values(parsed.data.metrics ?? {})) assert.ok(Number.isFinite(metric));
      }),
      runs,
    );
  });

  it(`a Digest header gives a digest, nothing or INVALID_INPUT, ${numRuns} times`, () => {
    const parts = fc.constantFrom('sha-256', 'SHA-256', '=', ',', ' ', 'md5', 'A'.repeat(43), 'AAAA', '~', '-_', '+/');
    fc.assert(
      fc.property(
        fc.array(parts, { maxLength: 8 }).map((list) => list.join('')),
        (header) => {
          try {
            const digest = parseDigestHeader(header);
            assert.equal(digest !== undefined, /(^|,)\s*sha-256\s*=/i.test(header));
            if (digest) assert.match(digest, /^sha256:[0-9a-f]{64}$/);
          } catch (error) {
            isRefusal(error, 'INVALID_INPUT');
          }
        },
      ),
      runs,
    );
  });

  it(`a payload gives tensors of exactly their length or INVALID_INPUT, and no text a NaN, ${numRuns} times`, () => {
    fc.assert(
      fc.property(signatureInputs, jsonish, fc.boolean(), (specs, given, isNamed) => {
        const inputs = specs.map((spec, n) => ({ name: `in${n}`, ...spec }));
        const outputs = [{ name: 'y', type: 'float32' as const, shape: null }];
        const payload = isNamed ? Object.fromEntries(inputs.map(({ name }) => [name, given])) : given;
        try {
          const { feeds } = createCodec({ inputs, outputs }).encode(payload);
          for (const { name, type } of inputs) {
            const tensor = feeds.get(name) ?? assert.fail(`no tensor ${name}`);
            assert.equal(
              tensor.data.length,
              tensor.dims.reduce((a, b) => a * b, 1),
            );
            const isFloat = type === 'float32' || type === 'float64';
            if (isFloat && !holdsNaN(payload)) {
              assert.ok(![...(tensor.data as Float64Array)].some(Number.isNaN), 'a text became NaN');
            }
          }
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          isRefusal(error, 'INVALID_INPUT');
          // Of several inputs the refusal names the one that is meant.
          if (isNamed && inputs.length > 1) assert.match(asModelManagementError(error).message, /in\d/);
        }
      }),
      runs,
    );
  });

  it(`a frame gives requests, answers or a FrameError, ${numRuns} times`, () => {
    const frame = fc.array(anyTensor(), { maxLength: 3 }).map((tensors) => {
      const items = [{ id: 7, fetches: [0], tensors: tensors.map((tensor, index) => ({ index, tensor })) }];
      return Buffer.from(encodeFrame({ kind: 'requests', items }).subarray(HEADER_BYTES));
    });
    fc.assert(
      fc.property(
        frame.chain((bytes) => mutated([bytes])),
        (bytes) => {
          try {
            decodeFrame(bytes, false);
          } catch (error) {
            assert.ok(error instanceof FrameError, String(error));
          }
        },
      ),
      runs,
    );
  });
}
