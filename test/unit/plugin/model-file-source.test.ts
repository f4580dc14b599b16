import assert from 'node:assert/strict';
import type { ReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobStore } from '../../../lib/store';
import { type ModelFileContext, stageModelFile } from '../../../plugins/model-management/runtime/model-file-source';
import { temporaryFolder } from '../../support/temporary-folder';

describe('the copy of a model file', () => {
  it('GIVEN_a_store_that_refuses_the_file_WHEN_it_is_staged_THEN_the_file_does_not_stay_open', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'model.onnx'), 'not read to its end');
    const sources: (Readable | AsyncIterable<Buffer>)[] = [];
    const refusal = new Error('refused');
    const put: BlobStore['put'] = async (source) => {
      sources.push(source);
      throw refusal;
    };
    const context = { userDir: folder.path, blobs: { put }, maxBytes: 1 } as unknown as ModelFileContext;
    await assert.rejects(stageModelFile('model.onnx', context), refusal);
    const [source] = sources as ReadStream[];
    assert.equal(source?.destroyed, true);
  });
});
