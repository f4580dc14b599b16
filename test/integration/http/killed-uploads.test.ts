import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { Version } from '../../../lib/registry/types';
import { dataFolderFiles } from '../../support/data-folder-files';
import { leftoversOf, untilOnlyLeft } from '../../support/leftovers';
import { callTree, modelBytes, nodeBytes } from '../../support/onnx-functions';
import { openUpload, write } from '../../support/open-upload';
import { childPids, isRunning } from '../../support/process-state';
import { requireOrSkip } from '../../support/requirement';
import { UploadLab } from '../../support/upload-lab';
import { waitFor } from '../../support/wait-for';

const path = 'models/plus/versions';

/** So many nodes that reading them takes a second. */
const longToRead = modelBytes(
  Array.from({ length: 900_000 }, (_, n) =>
    nodeBytes('Relu', n === 0 ? 'x' : `t${n}`, n === 899_999 ? 'y' : `t${n + 1}`),
  ),
);
const endlessToLoad = callTree(40, 2);

interface Stage {
  readonly name: string;
  readonly bytes: Buffer;
  /** What of it is sent. */
  readonly sentBytes: number;
  /** Reached when this holds of what is there more than before. */
  readonly isReached: (more: { blobs: number; unfinished: number; engineFolders: number }) => boolean;
}

const stages: readonly Stage[] = [
  { name: 'after_the_head', bytes: longToRead, sentBytes: 0, isReached: () => true },
  { name: 'after_a_byte', bytes: longToRead, sentBytes: 1, isReached: ({ unfinished }) => unfinished === 1 },
  { name: 'amid_the_body', bytes: longToRead, sentBytes: 2_000_000, isReached: ({ unfinished }) => unfinished === 1 },
  {
    name: 'while_it_is_inspected',
    bytes: longToRead,
    sentBytes: longToRead.length,
    isReached: ({ blobs, engineFolders }) => blobs === 1 && engineFolders === 0,
  },
  {
    name: 'while_it_is_test-loaded',
    bytes: endlessToLoad,
    sentBytes: endlessToLoad.length,
    isReached: ({ engineFolders }) => engineFolders === 1,
  },
];

describe('uploads that end', function () {
  this.timeout(120_000);
  let lab: UploadLab;

  before(async function () {
    requireOrSkip(this, process.platform === 'linux', 'the process figures of Linux');
    lab = await UploadLab.start();
    await lab.api.ok(201, 'POST', path, lab.nextModel());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  /** An upload that has come as far as the stage. */
  const uploadUpTo = async ({ bytes, sentBytes, isReached }: Stage): Promise<Socket> => {
    const before = await leftoversOf(lab.nodeRed);
    const socket = await openUpload(lab.nodeRed, path, { 'content-length': bytes.length });
    await write(socket, bytes.subarray(0, sentBytes));
    await waitFor(
      async () => {
        const now = await leftoversOf(lab.nodeRed);
        return isReached({
          blobs: now.blobs.length - before.blobs.length,
          unfinished: now.unfinished.length - before.unfinished.length,
          engineFolders: now.engineFolderCount - before.engineFolderCount,
        });
      },
      { what: 'the stage to be reached', intervalMs: 1 },
    );
    return socket;
  };

  for (const stage of stages) {
    it(`GIVEN_an_upload_WHEN_its_client_goes_${stage.name}_THEN_nothing_is_left`, async () => {
      const before = await leftoversOf(lab.nodeRed);
      const count = await lab.versionCount('plus');
      const socket = await uploadUpTo(stage);
      socket.destroy();
      await untilOnlyLeft(lab.nodeRed, before);
      assert.equal(await lab.versionCount('plus'), count);
    });

    it(`GIVEN_an_upload_WHEN_Node-RED_is_killed_${stage.name}_THEN_a_restart_leaves_nothing_of_it`, async () => {
      const { nodeRed, api } = lab;
      const blobs = (await dataFolderFiles(nodeRed)).blobs;
      const count = await lab.versionCount('plus');
      const socket = await uploadUpTo(stage);
      const children = childPids(nodeRed.pid);
      await nodeRed.restart('SIGKILL');
      socket.destroy();
      await waitFor(() => !children.some(isRunning), { what: 'the end of the processes of the killed Node-RED' });
      await api.ok(200, 'POST', 'garbage-collection');
      // The first question asks the runtime, in a process that ends.
      await api.ok(200, 'GET', 'health');
      const after = await leftoversOf(nodeRed);
      assert.deepEqual([after.blobs, after.unfinished, after.engineFolderCount], [blobs, [], 0]);
      const next = await api.ok<Version>(201, 'POST', path, lab.nextModel());
      assert.equal(next.version, count + 1);
    });
  }
});
