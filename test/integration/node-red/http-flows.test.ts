import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { withTab } from '../../../lib/pipeline/pipelines/tab-changes';
import { FlowAdapter } from '../../../plugins/model-management/runtime/flows/flow-adapter';
import { httpFlows } from '../../../plugins/model-management/runtime/flows/http-flows';
import { canMakeCertificates, makeCertificates } from '../../support/certificates';
import { FlowsLab, labFlows, labSecrets, ownWitness, pipelineTab } from '../../support/flows-lab';
import { NodeRed, type NodeRedOptions, nodeRedMajor } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { type VendoredNodeRed, vendoredNodeRed } from '../../support/vendored-node-red';
import { waitFor } from '../../support/wait-for';

const tokens = {
  user: 'token-of-the-user',
  settings: 'token-of-the-settings',
  reader: 'token-of-a-reader',
  unknown: 'token-of-nobody',
};
const changing = ['stop', 'restart'] as const;
/** By tokens, and by a password for which there is a token. */
const login = `
  adminAuth: {
    type: 'credentials',
    users: async (name) => name === 'ann' ? { username: 'ann', permissions: '*' } : null,
    authenticate: async (name, password) => password === 'password-of-ann' ? { username: name, permissions: '*' } : null,
    tokens: async (token) => ({
      '${tokens.user}': { username: 'user', permissions: '*' },
      '${tokens.settings}': { username: 'settings', permissions: ['read', 'flows.write'] },
      '${tokens.reader}': { username: 'reader', permissions: 'read' },
    })[token] ?? null,
  },
  logging: { console: { level: 'trace', metrics: false, audit: true } },`;

/**
 * The runtime that runs cannot be found: it bears another name, as in products that bundle Node-RED. That needs nothing of
 * our code, and shows as well that another copy, which the usual name leads to, is not taken for it.
 */
describe(`flows changed over the admin API of a Node-RED ${nodeRedMajor} with a runtime of another name`, function () {
  this.timeout(60_000);
  let vendored: VendoredNodeRed;
  let folder: TemporaryFolder;

  before(async () => {
    vendored = await vendoredNodeRed();
    folder = await temporaryFolder();
  });
  after(async () => {
    await vendored?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const start = async (pipelines: object, { settings = '', ...options }: NodeRedOptions = {}): Promise<FlowsLab> => {
    const { program, env } = vendored;
    const modelManagement = { pipelines };
    const lab = await FlowsLab.start({
      ...{ program, env, modelManagement, token: tokens.user },
      settings: `${login} ${settings}`,
      ...options,
    });
    await lab.deployAll();
    return lab;
  };
  const checkLog = ({ nodeRed: { log } }: FlowsLab): void => {
    for (const token of Object.values(tokens)) assert.ok(!log.includes(token), `the log shows ${token}`);
    assert.doesNotMatch(log, /INTERNAL|TypeError|UnhandledPromise/);
  };
  const changesOf = (lab: FlowsLab, user: string): number =>
    lab.nodeRed.log.split('\n').filter((line) => /"?flows\.set"?/.test(line) && line.includes(user)).length;

  for (const adminRoot of ['/', '/admin']) {
    it(`keep order of tabs, locks, credentials and whatever else there is, with httpAdminRoot ${adminRoot}`, async () => {
      await using lab = await start({ adminToken: tokens.settings }, { adminRoot });
      await lab.checkStopAndStart();
      assert.deepEqual(await lab.storedSecrets(), labSecrets);
      assert.equal(changesOf(lab, 'settings'), 4, 'a stop, a start, both for a restart');
      checkLog(lab);
    });
  }

  it('lose the pipeline that is deleted and nothing else', async () => {
    await using lab = await start({ adminToken: tokens.settings });
    const { flows, rev } = await lab.active();
    const unlocked = flows.map((node) => (node.id === pipelineTab ? { ...node, locked: false } : node));
    assert.equal((await lab.deployAt(rev, unlocked)).status, 200);
    const before = await lab.witnesses();
    const deleted = await lab.nodeRed.api<{ flow: { id: string }[] }>('DELETE', `pipelines/${pipelineTab}`);
    assert.equal(deleted.status, 200, deleted.text);
    const own = labFlows.filter(({ id, z }) => id === pipelineTab || z === pipelineTab);
    const others = labFlows.filter((node) => !own.includes(node));
    assert.deepEqual(await lab.stored(), others);
    const { [ownWitness]: _, ...othersBefore } = before;
    assert.deepEqual(await lab.witnesses(), othersBefore);
    checkLog(lab);
  });

  it('GIVEN_editors_that_add_tabs_WHEN_the_pipeline_is_stopped_and_started_meanwhile_THEN_no_tab_and_no_change_is_lost', async () => {
    await using lab = await start({ adminToken: tokens.settings });
    await lab.checkAmidOtherDeploys();
    checkLog(lab);
  });

  it('GIVEN_a_restart_that_left_it_stopped_WHEN_Node-RED_starts_THEN_it_is_started', async () => {
    await using lab = await start({ adminToken: tokens.settings });
    const blocks = await lab.deploySaboteur();
    const { status, body, text } = await lab.act('restart');
    assert.deepEqual([status, body.error.code], [503, 'STORAGE_FAILED'], text);
    assert.match(body.error.message, /is stopped now.*EISDIR/);
    await rm(blocks, { recursive: true });
    await lab.nodeRed.restart();
    await waitFor(async () => ownWitness in (await lab.witnesses()), { what: 'the pipeline to be started' });
    assert.equal((await lab.stored()).find(({ id }) => id === pipelineTab)?.['disabled'], false);
    checkLog(lab);
  });

  it('GIVEN_a_token_of_a_login_in_a_file_WHEN_it_is_revoked_and_replaced_THEN_it_says_so_and_goes_on_without_a_restart', async () => {
    const adminTokenFile = join(folder.path, 'token');
    await using lab = await start({ adminTokenFile });
    const newToken = async (): Promise<string> => {
      const form = { client_id: 'node-red-editor', grant_type: 'password', scope: '', username: 'ann' };
      const answer = await lab.nodeRed.request<{ access_token: string }>(
        ...(['POST', 'auth/token', { ...form, password: 'password-of-ann' }] as const),
      );
      assert.equal(answer.status, 200, answer.text);
      await writeFile(adminTokenFile, `${answer.body.access_token}\n`);
      return answer.body.access_token;
    };
    const refused = { status: 503, code: 'BAD_SETTINGS', message: /adminTokenFile.*cannot be read/ };
    await lab.checkRefusals(refused);
    const first = await newToken();
    await lab.checkStopAndStart();
    assert.equal(changesOf(lab, 'ann'), 4);
    const revoked = await lab.nodeRed.request('POST', 'auth/revoke', { token: first });
    assert.equal(revoked.status, 200, revoked.text);
    await lab.checkRefusals({ ...refused, message: /adminTokenFile is refused/, hint: /has not expired/ });
    const second = await newToken();
    await lab.checkStopAndStart();
    for (const token of [first, second]) assert.ok(!lab.nodeRed.log.includes(token), lab.nodeRed.log);
    checkLog(lab);
  });

  for (const [what, pipelines, expected] of [
    [
      'no token',
      {},
      { status: 409, code: 'FLOWS_NOT_RUNNING', message: /no way.* without a login/, hint: /pipelines\.adminToken/ },
    ],
    [
      'a token that nobody has',
      { adminToken: tokens.unknown },
      { status: 503, code: 'BAD_SETTINGS', message: /adminToken is refused for GET flows/, hint: /has not expired/ },
    ],
    [
      'the token of somebody who may only read',
      { adminToken: tokens.reader },
      {
        status: 503,
        code: 'BAD_SETTINGS',
        message: /adminToken is refused for POST flows/,
        actions: changing,
        hint: /permissions.*flows\.write/,
      },
    ],
    [
      'a token that cannot be sent',
      { adminToken: `${tokens.unknown}\n.` },
      { status: 503, code: 'BAD_SETTINGS', message: /adminToken is no token/, hint: /Give a token/ },
    ],
  ] as const) {
    it(`GIVEN_a_login_and_${what.replaceAll(' ', '_')}_WHEN_asked_to_change_a_pipeline_THEN_it_says_what_to_do`, async () => {
      await using lab = await start(pipelines);
      await lab.checkRefusals(expected);
      for (const token of Object.values(tokens)) assert.ok(!(await lab.act('stop')).text.includes(token));
      checkLog(lab);
    });
  }

  it('need no token where there is no login', async () => {
    await using lab = await start({}, { settings: 'adminAuth: undefined,' });
    await lab.checkStopAndStart();
    checkLog(lab);
  });

  it('GIVEN_flows_larger_than_the_admin_API_takes_WHEN_asked_to_change_a_pipeline_THEN_it_says_which_setting_to_raise', async () => {
    await using first = await start({ adminToken: tokens.settings });
    await using lab = await first.restartedWith({ settings: `${login} apiMaxLength: '1kb',` });
    await lab.checkRefusals({
      status: 503,
      code: 'BAD_SETTINGS',
      message: /are larger than/,
      hint: /apiMaxLength/,
      actions: changing,
    });
    checkLog(lab);
  });

  it('are changed whatever certificate Node-RED has', async function () {
    requireOrSkip(this, canMakeCertificates, 'openssl');
    await makeCertificates(folder.path);
    const known = getCACertificates();
    // Only this process trusts it: Node-RED does not.
    setDefaultCACertificates([...known, await readFile(join(folder.path, 'ca.pem'), 'utf8')]);
    try {
      await using lab = await start({ adminToken: tokens.settings }, { certificates: folder.path });
      await lab.checkStopAndStart();
      checkLog(lab);
    } finally {
      setDefaultCACertificates(known);
    }
  });

  it('conflict clearly when somebody deploys all the time', async () => {
    const tab = { id: 't', type: 'tab', label: 'T', disabled: false, info: '', env: [] };
    await using nodeRed = await NodeRed.start({ flows: [tab] });
    const api = httpFlows(
      async ({ path, ...request }) => {
        const response = await fetch(new URL(path, nodeRed.url), request as RequestInit);
        return { status: response.status, text: await response.text() };
      },
      '/',
      undefined,
    );
    let label = 0;
    const busy = {
      ...api,
      types: async () => {
        label += 1;
        const now = await api.getFlows();
        const flows = (now?.flows ?? []).map((entry) => ({ ...entry, label: `T${label}` }));
        await api.setFlows({ flows, rev: now?.rev ?? '' }, null);
        return api.types();
      },
    };
    const events = { on: () => undefined, off: () => undefined } as never;
    const host = { events, settings: {}, standstill: () => undefined };
    const adapter = new FlowAdapter(host, () => busy);
    await assert.rejects(
      adapter.deploy((entries) => withTab(entries, 't', true), null),
      { code: 'FLOWS_CHANGED' },
    );
    const [left] = (await api.getFlows())?.flows ?? [];
    assert.deepEqual([left?.['label'], left?.['disabled']], ['T3', false], 'nothing of the others is lost');
  });
});
