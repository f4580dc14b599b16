import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlowsLab, labSecrets, pipelineTab } from '../../support/flows-lab';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const hasGit = spawnSync('git', ['--version']).status === 0;
const safeMode = { NODE_RED_ENABLE_SAFE_MODE: 'true' };

describe(`starting and stopping a pipeline of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);

  it('keeps order of tabs, locks, credentials and whatever else there is', async () => {
    await using lab = await FlowsLab.start();
    await lab.deployAll();
    await lab.checkStopAndStart();
    assert.deepEqual(await lab.storedSecrets(), labSecrets);
    await lab.act('stop');
    await lab.nodeRed.restart();
    assert.deepEqual(
      Object.keys(await lab.witnesses()).sort(),
      ['beside', 'part-1-inner', 'shared'],
      'what was stopped is so after a restart',
    );
    assert.equal((await lab.act('start')).status, 202);
    const { own, shared } = await lab.witnesses();
    assert.deepEqual([own?.secret, shared?.secret], [labSecrets['own'], labSecrets['shared']]);
  });

  it('takes the hooks away that every message of every flow goes through, and brings them back', async () => {
    await using lab = await FlowsLab.start();
    assert.deepEqual(await lab.hooks(), [], 'there is no pipeline');
    await lab.deployAll();
    assert.deepEqual(await lab.hooks(), ['onReceive', 'onComplete']);
    await lab.act('stop');
    assert.deepEqual(await lab.hooks(), []);
    await lab.act('start');
    assert.deepEqual(await lab.hooks(), ['onReceive', 'onComplete']);
  });

  it('restarts nothing on another tab but what Node-RED does behind a link from this one', async () => {
    await using lab = await FlowsLab.start();
    await lab.deployAll();
    const { flows, rev } = await lab.active();
    const place = { name: '', x: 1, y: 1 };
    const links: FlowNode[] = [
      { id: 'out-1', type: 'link out', z: pipelineTab, mode: 'link', links: ['in-1', 'in-2'], wires: [], ...place },
      { id: 'out-2', type: 'link out', z: 'beta', mode: 'link', links: ['in-2'], wires: [], ...place },
      { id: 'in-1', type: 'link in', z: 'zeta', links: ['out-1'], wires: [['after-1']], ...place },
      { id: 'in-2', type: 'link in', z: 'zeta', links: ['out-1', 'out-2'], wires: [['after-2']], ...place },
      { id: 'after-1', type: 'witness', z: 'zeta', wires: [], ...place },
      { id: 'after-2', type: 'witness', z: 'zeta', wires: [], ...place },
    ];
    assert.equal((await lab.deployAt(rev, [...flows, ...links])).status, 200);
    await waitFor(async () => 'after-2' in (await lab.witnesses()));
    const before = await lab.witnesses();
    assert.equal((await lab.act('restart')).status, 202);
    const after = await lab.witnesses();
    const remade = Object.keys(before).filter((id) => before[id]?.instance !== after[id]?.instance);
    // Of one link only: Node-RED compares lists of links as text.
    assert.deepEqual(remade.sort(), ['after-1', 'own']);
  });

  it('is refused in safe mode, which any deploy would end, until a deploy of the editor has ended it', async () => {
    await using first = await FlowsLab.start();
    await first.deployAll();
    await using lab = await first.restartedWith({ env: safeMode });
    assert.match((await lab.untilState('failed_initializing')).error?.message ?? '', /safe mode/);
    assert.deepEqual(await lab.witnesses(), {});
    await lab.checkRefusals({ status: 409, code: 'FLOWS_NOT_RUNNING', message: /safe mode/ });
    const { flows, rev } = await lab.active();
    assert.equal((await lab.deployAt(rev, flows)).status, 200);
    await waitFor(async () => 'own' in (await lab.witnesses()), { what: 'the flows to start' });
    await lab.checkStopAndStart();
    assert.deepEqual(await lab.storedSecrets(), labSecrets);
  });

  it('changes what runs and warns that nothing is stored where the storage is read-only', async () => {
    await using first = await FlowsLab.start();
    await first.deployAll();
    await using lab = await first.restartedWith({ settings: 'readOnly: true,' });
    await lab.checkStopAndStart({ warns: true });
    assert.deepEqual(await lab.storedSecrets(), labSecrets);
    assert.match((await lab.act('stop')).body.warning ?? '', /read-only/);
    await lab.nodeRed.restart();
    assert.ok('own' in (await lab.witnesses()), 'a restart undoes it');
    assert.deepEqual((await lab.act('start')).body.warning, undefined, 'there was nothing to do');
  });

  it('says so, and changes nothing, where the flow file cannot be written', async () => {
    await using lab = await FlowsLab.start();
    await lab.deployAll();
    // In the way of the file it writes before it renames it; rights would not stop root.
    const blocked = join(lab.nodeRed.userDir, 'flows.json.$$$');
    await mkdir(blocked);
    const [file, active, before] = [await lab.stored(), await lab.active(), await lab.witnesses()];
    for (const action of ['stop', 'restart'] as const) {
      const { status, body, text } = await lab.act(action);
      assert.deepEqual([status, body.error.code], [503, 'STORAGE_FAILED'], text);
      assert.match(body.error.message, /EISDIR/);
      assert.ok(!text.includes(lab.nodeRed.userDir), text);
      assert.deepEqual(await lab.stored(), file);
      assert.deepEqual(await lab.active(), active);
      assert.deepEqual(await lab.witnesses(), before);
    }
    await rm(blocked, { recursive: true });
    await lab.checkStopAndStart();
  });

  it('GIVEN_flows_that_cannot_be_stored_once_it_is_stopped_WHEN_restarted_THEN_it_says_that_it_is_stopped', async () => {
    await using lab = await FlowsLab.start();
    await lab.deployAll();
    const blocks = await lab.deploySaboteur();
    const { status, body, text } = await lab.act('restart');
    assert.deepEqual([status, body.error.code], [503, 'STORAGE_FAILED'], text);
    assert.match(body.error.message, /is stopped now/);
    assert.equal((await lab.view()).state, 'idle');
    assert.equal((await lab.stored()).find(({ id }) => id === pipelineTab)?.['disabled'], true);
    await rm(blocks, { recursive: true });
    assert.equal((await lab.act('start')).status, 202);
    assert.equal((await lab.witnesses())['own']?.secret, labSecrets['own']);
  });

  for (const [where, extra] of [
    ['a tab that runs', { id: 'x', type: 'no-such-node', z: 'zeta', x: 1, y: 1, wires: [] }],
    ['a disabled tab', { id: 'x', type: 'no-such-node', z: 'alpha', x: 1, y: 1, wires: [] }],
    ['a subflow', { id: 'x', type: 'no-such-node', z: 'part', x: 1, y: 1, wires: [] }],
    ['an instance without its subflow', { id: 'x', type: 'subflow:gone', z: 'alpha', x: 1, y: 1, wires: [] }],
  ] as const) {
    it(`is refused while a node type is missing on ${where}, and possible once it is gone`, async () => {
      await using first = await FlowsLab.start();
      await first.deployAll();
      const { flows, rev } = await first.active();
      assert.equal((await first.deployAt(rev, [...flows, extra])).status, 200);
      await first.checkRefusals({ status: 409, code: 'FLOWS_NOT_RUNNING', message: new RegExp(extra.type) });
      // From the start on nothing runs at all.
      await using lab = await first.restartedWith({});
      assert.match((await lab.untilState('failed_initializing')).error?.message ?? '', new RegExp(extra.type));
      await lab.checkRefusals({ status: 409, code: 'FLOWS_NOT_RUNNING', message: new RegExp(extra.type) });
      const now = await lab.active();
      assert.equal((await lab.deployAt(now.rev, flows)).status, 200);
      await waitFor(async () => 'own' in (await lab.witnesses()), { what: 'the flows to start' });
      await lab.checkStopAndStart();
      assert.deepEqual(await lab.storedSecrets(), labSecrets);
    });
  }

  it('is refused while a module of a function node is missing', async () => {
    const libs = [{ var: 'x', module: 'mm-no-such-module' }];
    const needs = { id: 'x', type: 'function', z: 'zeta', func: '', outputs: 0, libs, x: 1, y: 1, wires: [] };
    await using lab = await FlowsLab.start({ settings: 'externalModules: { modules: { allowInstall: false } },' });
    await lab.deployAll();
    const { flows, rev } = await lab.active();
    assert.equal((await lab.deployAt(rev, [...flows, needs])).status, 200);
    assert.match((await lab.untilState('failed_initializing')).error?.message ?? '', /mm-no-such-module/);
    await lab.checkRefusals({ status: 409, code: 'FLOWS_NOT_RUNNING', message: /mm-no-such-module/ });
    assert.equal((await lab.deployAt((await lab.active()).rev, flows)).status, 200);
    await waitFor(async () => (await lab.view()).error?.message.includes('module') !== true);
    await lab.checkStopAndStart();
  });

  it('is refused while somebody has stopped all flows', async () => {
    await using lab = await FlowsLab.start({ settings: 'runtimeState: { enabled: true },' });
    await lab.deployAll();
    await lab.nodeRed.request('POST', 'flows/state', { state: 'stop' });
    await lab.checkRefusals({ status: 409, code: 'FLOWS_NOT_RUNNING', message: /stopped/ });
    await lab.nodeRed.request('POST', 'flows/state', { state: 'start' });
    await waitFor(async () => 'own' in (await lab.witnesses()), { what: 'the flows to start' });
    await lab.checkStopAndStart();
  });

  it('is a conflict for an editor that knows older flows, as a deploy of another editor is', async () => {
    await using lab = await FlowsLab.start();
    await lab.deployAll();
    const editor = await lab.active();
    assert.equal((await lab.act('stop')).status, 202);
    const tab = { id: 'mine', type: 'tab', label: 'Mine', disabled: false, info: '', env: [] };
    const refused = await lab.deployAt(editor.rev, [...editor.flows, tab]);
    assert.deepEqual([refused.status, refused.body.code], [409, 'version_mismatch']);
    const now = await lab.active();
    assert.equal((await lab.deployAt(now.rev, [...now.flows, tab])).status, 200);
    assert.equal((await lab.act('start')).status, 202);
    assert.deepEqual(
      (await lab.stored()).filter(({ type }) => type === 'tab').map(({ id, disabled }) => [id, disabled]),
      [
        ['zeta', false],
        ['alpha', true],
        [pipelineTab, false],
        ['beta', false],
        ['mine', false],
      ],
    );
  });

  it('GIVEN_editors_that_add_tabs_WHEN_the_pipeline_is_stopped_and_started_meanwhile_THEN_no_tab_and_no_change_is_lost', async () => {
    await using lab = await FlowsLab.start();
    await lab.deployAll();
    await lab.checkAmidOtherDeploys();
  });

  describe('of a project', () => {
    before(function () {
      requireOrSkip(this, hasGit, 'git');
    });
    const projects = (mode: 'manual' | 'auto'): string => `
      editorTheme: { tours: false, projects: { enabled: true, workflow: { mode: '${mode}' } } },
      adminAuth: {
        type: 'credentials', users: [], default: { permissions: '*' },
        tokens: async (token) => token === 'ann' ? { username: 'ann', permissions: '*' } : null,
      },`;
    const gitUser = {
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'user.name',
      GIT_CONFIG_VALUE_0: 'Everybody',
      GIT_CONFIG_KEY_1: 'user.email',
      GIT_CONFIG_VALUE_1: 'everybody@localhost',
    };
    /** A project with the flows of the lab, all of it committed. */
    const withProject = async (mode: 'manual' | 'auto') => {
      const lab = await FlowsLab.start({ settings: projects(mode), env: gitUser });
      const name = 'plant';
      const folder = join(lab.nodeRed.userDir, 'projects', name);
      const git = (...args: string[]): string => {
        const { status, stdout, stderr } = spawnSync('git', ['-C', folder, ...args], {
          encoding: 'utf8',
          env: { ...process.env, ...gitUser },
        });
        assert.equal(status, 0, `git ${args.join(' ')}: ${stderr}${stdout}`);
        return stdout.trim();
      };
      const answer = await lab.nodeRed.request('POST', 'projects', {
        name,
        summary: '',
        credentialSecret: 'of the project',
        files: { flow: 'flows.json', credentials: 'flows_cred.json' },
        create: true,
      });
      assert.equal(answer.status, 200, answer.text);
      await waitFor(async () => (await lab.active()).flows.length === 0, { what: 'the project to be the active one' });
      await lab.deployAll();
      if (mode === 'manual') git('commit', '--all', '--message', 'flows of the plant');
      assert.equal(git('status', '--porcelain'), '');
      return { lab, folder, git };
    };

    it('changes its flow file and commits nothing where the user does', async () => {
      const { lab, folder, git } = await withProject('manual');
      await using _ = lab;
      const head = git('rev-parse', 'HEAD');
      await lab.checkStopAndStart({
        stored: () => lab.stored(folder),
        afterEach: async (action) => {
          assert.equal(git('status', '--porcelain'), action === 'stop' ? 'M flows.json' : '', action);
          assert.equal(git('rev-parse', 'HEAD'), head, action);
        },
      });
      assert.deepEqual(await lab.storedSecrets('of the project', folder), labSecrets);
      assert.deepEqual(await lab.stored(), [], 'the flow file beside the project is left alone');
      await lab.act('stop');
      await lab.nodeRed.restart();
      assert.ok(!('own' in (await lab.witnesses())));
      assert.equal((await lab.act('start')).status, 202);
      assert.equal((await lab.witnesses())['own']?.secret, labSecrets['own']);
    });

    it('commits where Node-RED does, in the name of the user', async () => {
      const { lab, folder, git } = await withProject('auto');
      await using _ = lab;
      const count = (): number => Number(git('rev-list', '--count', 'HEAD'));
      const before = count();
      await lab.checkStopAndStart({
        stored: () => lab.stored(folder),
        afterEach: async (action) => assert.equal(git('status', '--porcelain'), '', action),
      });
      assert.equal(count(), before + 4, 'one for the stop, one for the start, two for the restart');
      const ann = { authorization: 'Bearer ann' };
      const gitOfAnn = { git: { user: { name: 'Ann', email: 'ann@localhost' } } };
      assert.equal((await lab.nodeRed.request('POST', 'settings/user', gitOfAnn, ann)).status, 204);
      const answer = await lab.nodeRed.api('POST', `pipelines/${pipelineTab}/stop`, undefined, ann);
      assert.equal(answer.status, 202, answer.text);
      assert.equal(git('log', '-1', '--format=%an <%ae>: %s'), 'Ann <ann@localhost>: Update flow files');
      assert.deepEqual(await lab.storedSecrets('of the project', folder), labSecrets);
    });

    it('says so, and changes nothing, while a merge is not resolved', async () => {
      const { lab, folder, git } = await withProject('manual');
      await using _ = lab;
      const file = join(folder, 'flows.json');
      const text = await readFile(file, 'utf8');
      const commit = async (label: string): Promise<void> => {
        await writeFile(file, text.replace('"label": "Zeta"', `"label": "${label}"`));
        git('commit', '--all', '--message', label);
      };
      const branch = git('branch', '--show-current');
      git('checkout', '-q', '-b', 'theirs');
      await commit('Theirs');
      git('checkout', '-q', branch);
      await commit('Ours');
      spawnSync('git', ['-C', folder, 'merge', 'theirs'], { env: { ...process.env, ...gitUser } });
      // It looks at the state of the repository whenever the editor asks.
      await lab.nodeRed.request('GET', 'projects/plant/status');
      const [conflict, before] = [await readFile(file, 'utf8'), await lab.witnesses()];
      assert.match(conflict, /<<<<<<</);
      for (const action of ['stop', 'restart'] as const) {
        const { status, body, text: said } = await lab.act(action);
        assert.deepEqual([status, body.error.code], [503, 'STORAGE_FAILED'], said);
        assert.match(body.error.message, /merge/);
        assert.equal(await readFile(file, 'utf8'), conflict);
        assert.deepEqual(await lab.witnesses(), before);
      }
      git('merge', '--abort');
      await lab.nodeRed.request('GET', 'projects/plant/status');
      assert.equal((await lab.act('stop')).status, 202);
    });
  });
});
