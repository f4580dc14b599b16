import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngineLab } from '../../support/engine-lab';
import { row } from '../../support/feeds';
import { addModel } from '../../support/onnx-models';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

/*
 * A model may take over the process it runs in: whatever that process then says, the parent neither believes it nor
 * falls over it nor waits for it.
 */

const ready = `process.send({ type: 'ready', version: 'onnxruntime-node 0.0.0', signature: {
  inputs: [{ name: 'x', type: 'float32', shape: [1, 4] }],
  outputs: [{ name: 'y', type: 'float32', shape: [1, 4] }],
}, batching: null, kind: 'native', reason: null });`;
const onRequest = (act: string): string => `
  const data = new (require('node:net').Socket)({ fd: 3, readable: true, writable: true });
  process.once('message', () => { ${ready} });
  data.on('data', (bytes) => { ${act} });`;

/** Only where silence is what is waited for: any other process may be held up for as long. */
const SHORT_PATIENCE = { requestTimeoutMs: 200, silenceGraceMs: 200 };

describe('An engine process that is not itself any more', () => {
  for (const { name, source, options = {}, message } of [
    {
      name: 'sends_a_control_message_of_no_known_form',
      source: "process.once('message', () => process.send({ type: 'ready', signature: 'all' }))",
      message: /sent a control message of no known form/,
    },
    {
      name: 'ends_without_a_word',
      source: "process.once('message', () => process.exit(3))",
      message: /ended with exit code 3/,
    },
    {
      name: 'says_what_is_wrong_and_ends',
      source: "console.error('\\u001b[31mdisk on fire\\u001b[m'); process.exit(1)",
      message: /ended with exit code 1, its last lines: disk on fire/,
    },
    {
      name: 'floods_its_output',
      source: "for (let n = 0; n < 20000; n++) console.log('x'.repeat(1000)); process.exit(4)",
      message: /ended with exit code 4/,
    },
    {
      name: 'keeps_silent',
      source: "process.on('message', () => undefined)",
      options: { loadTimeoutMs: 300 },
      message: /loading took longer than 1500 ms/,
    },
  ]) {
    it(`GIVEN_a_process_WHEN_it_${name}_THEN_the_load_is_refused_in_words`, async () => {
      await using folder = await temporaryFolder();
      const processPath = join(folder.path, 'process.js');
      await writeFile(processPath, source);
      await using lab = await openEngineLab({ processPath, options });
      await assert.rejects(lab.load('add', addModel(1)), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'VERSION_UNUSABLE');
        assert.match(error.message, message);
        assert.ok(error.message.length < 6_000);
        return true;
      });
      assert.deepEqual(await readdir(lab.tempPath), []);
    });
  }

  for (const { name, act, patience, message } of [
    { name: 'garbage', act: 'data.write(Buffer.alloc(64, 0xff))', message: /sent what is no answer/ },
    {
      name: 'a_frame_without_end',
      act: "data.write(Buffer.from('00000020', 'hex'))",
      patience: SHORT_PATIENCE,
      message: /no answer/,
    },
    { name: 'the_request_itself', act: 'data.write(bytes)', message: /sent what is no answer/ },
    {
      name: 'answers_to_questions_nobody_asked',
      act: "data.write(Buffer.from('10000000' + '02000100' + '63000000' + '01000000' + '00000000', 'hex'))",
      patience: SHORT_PATIENCE,
      message: /gave no answer for 400 ms/,
    },
  ]) {
    it(`GIVEN_a_request_WHEN_the_process_sends_${name}_THEN_the_request_ends_with_an_error`, async () => {
      await using folder = await temporaryFolder();
      const processPath = join(folder.path, 'process.js');
      await writeFile(processPath, onRequest(act));
      const { requestTimeoutMs = 30_000, silenceGraceMs = 5_000 } = patience ?? {};
      const options = { requestTimeoutMs };
      const supervision = { silenceGraceMs, deathLimitCount: 2, restartBaseMs: 1 };
      await using lab = await openEngineLab({ processPath, options, supervision });
      const model = await lab.load('add', addModel(1));
      await assert.rejects(model.run(row(1, 2, 3, 4)), { code: 'ENGINE_CRASHED', message });
      await waitFor(async () => (await lab.engine.stats()).models[0]?.state === 'failed');
    });
  }
});
