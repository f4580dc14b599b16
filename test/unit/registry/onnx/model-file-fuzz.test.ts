import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { ModelManagementError } from '../../../../lib/errors';
import { readModelFile } from '../../../../lib/registry';
import { buildModel, irisModel, loopModel, twoInputModel } from '../../../support/onnx-models';
import { type TemporaryFolder, temporaryFolder } from '../../../support/temporary-folder';

/** Only a signature or `INVALID_MODEL` with words may come out, whatever goes in. */
describe('reading a hostile file', () => {
  const models = [irisModel(), twoInputModel(), loopModel()].map((spec) => buildModel(spec));
  let folder: TemporaryFolder;
  let path: string;
  before(async () => {
    folder = await temporaryFolder();
    path = `${folder.path}/model.onnx`;
  });
  after(() => folder[Symbol.asyncDispose]());

  const check = async (bytes: Uint8Array): Promise<boolean> => {
    await writeFile(path, bytes);
    try {
      const { signature } = await readModelFile(path);
      assert.ok(signature.outputs.length > 0);
      return true;
    } catch (error) {
      if (!ModelManagementError.is(error)) throw error;
      assert.equal(error.code, 'INVALID_MODEL');
      assert.ok(error.message && error.hint && error.details?.['stage'] === 'checked');
      return false;
    }
  };

  it('that is a model cut anywhere', async () => {
    for (const bytes of models) {
      for (let length = 0; length < bytes.length; length++) await check(bytes.subarray(0, length));
    }
  });

  it('that is a model with flipped bits', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...models),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 }),
        async (model, flips) => {
          const bytes = Buffer.from(model);
          for (const [at, mask] of flips)
            bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ mask, at % bytes.length);
          await check(bytes);
        },
      ),
      { numRuns: 400 },
    ));

  it('that is a model with pieces moved, doubled or replaced', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...models),
        fc.nat(),
        fc.nat({ max: 200 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
        async (model, at, length, piece, isDoubled) => {
          const start = at % model.length;
          const middle = isDoubled ? model.subarray(start, start + length) : piece;
          const end = isDoubled ? start : start + length;
          await check(Buffer.concat([model.subarray(0, start), middle, model.subarray(end)]));
        },
      ),
      { numRuns: 400 },
    ));

  it('that is noise', () =>
    fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => void (await check(bytes)))));

  it('that is a graph of nothing but tiny fields, without holding up the process', async () => {
    const fields = Buffer.alloc(4_000_000, Buffer.from([0x0a, 0x00]));
    const graph = Buffer.concat([Buffer.from([0x08, 0x08, 0x42, 0x00, 0x3a, 0x80, 0x92, 0xf4, 0x01]), fields]);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    try {
      assert.equal(await check(graph), false);
    } finally {
      clearInterval(timer);
    }
    assert.ok(turns > 3, `the event loop turned ${turns} times`);
  });
});
