import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../../lib/log';
import { brokerAddress } from '../../../plugins/model-management/runtime/broker-address';
import { adminTokenOf } from '../../../plugins/model-management/runtime/flows/http-flows';
import { givenToken, readSecretFile } from '../../../plugins/model-management/runtime/secret-files';
import { parseSettings } from '../../../plugins/model-management/runtime/settings';
import { withCode } from '../../support/registry-lab';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';

const edge = { name: 'edge-2', hubId: 'h', hubPublicKey: 'A'.repeat(43) };

describe('secrets that settings give as files', () => {
  let folder: TemporaryFolder;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryFolder('mm-secret-files-');
    path = join(folder.path, 'secret');
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const settings = () =>
    parseSettings(
      {
        broker: { url: 'mqtt://b', username: 'u', passwordFile: path },
        edge: { ...edge, tokenFile: path },
        pipelines: { adminTokenFile: path },
      },
      folder.path,
    );
  const errors: object[] = [];
  const log = { ...silentLog, error: (_: string, fields?: object) => void errors.push(fields ?? {}) };
  const uses: readonly (readonly [string, () => Promise<string | undefined>])[] = [
    ['broker.passwordFile', async () => (await brokerAddress(settings().broker ?? assert.fail())).password],
    ['edge.tokenFile', async () => (await givenToken(settings().edge ?? assert.fail(), log)).token],
    [
      'pipelines.adminTokenFile',
      async () => {
        const token = adminTokenOf(settings().pipelines);
        return typeof token === 'function' ? await token() : token;
      },
    ],
    ['sources.plant.passwordFile', () => readSecretFile(path, 'sources.plant.passwordFile')],
  ];

  for (const [content, secret] of [
    ['hush', 'hush'],
    ['hush\n', 'hush'],
    ['hush\r\n\n', 'hush'],
    ['two\nlines ', 'two\nlines '],
  ] as const) {
    it(`${JSON.stringify(content)} holds ${JSON.stringify(secret)}`, async () => {
      await writeFile(path, content);
      assert.equal(await readSecretFile(path, 'x'), secret);
    });
  }

  for (const [key, use] of uses) {
    it(`GIVEN_${key}_WHEN_the_file_changes_THEN_it_is_read_anew`, async () => {
      for (const secret of ['first', 'second']) {
        await writeFile(path, `${secret}\n`);
        assert.equal(await use(), secret);
      }
    });
  }

  for (const [key, use] of uses.filter(([key]) => key !== 'edge.tokenFile')) {
    for (const [name, prepare] of [
      ['missing', () => undefined],
      ['empty', () => writeFile(path, '\n')],
    ] as const) {
      it(`GIVEN_${key}_is_${name}_WHEN_it_is_needed_THEN_the_error_names_the_setting`, async () => {
        await prepare();
        await assert.rejects(use(), (error: Error) => {
          assert.match(error.message, new RegExp(`^modelManagement\\.${key.replaceAll('.', '\\.')}: the file `));
          return withCode('BAD_SETTINGS')(error);
        });
      });
    }
  }

  it('GIVEN_edge.tokenFile_is_missing_WHEN_the_edge_starts_THEN_the_log_names_the_setting_and_the_token_is_unreadable', async () => {
    errors.length = 0;
    assert.deepEqual(await givenToken(settings().edge ?? assert.fail(), log), { token: '' });
    assert.match(JSON.stringify(errors), /modelManagement\.edge\.tokenFile: the file cannot be read: ENOENT/);
  });
});
