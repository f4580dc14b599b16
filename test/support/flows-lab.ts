import assert from 'node:assert/strict';
import { createDecipheriv, createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineView } from '../../lib/pipeline/pipelines/views';
import type { ApiError } from './admin-client';
import { type Answer, type FlowNode, NodeRed, type NodeRedOptions } from './node-red';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

/**
 * `witness`: a node with a secret, which tells since when it lives; `witness-config` the same as a configuration node.
 * `blocks` is a folder it makes when it is closed.
 */
const witness = `module.exports = (RED) => {
  const alive = new Map();
  let count = 0;
  for (const type of ['witness', 'witness-config']) {
    RED.nodes.registerType(type, function (config) {
      RED.nodes.createNode(this, config);
      count += 1;
      alive.set(this.id, { instance: count, secret: this.credentials.secret });
      this.on('close', (done) => {
        alive.delete(this.id);
        if (config.blocks) require('node:fs').mkdirSync(config.blocks);
        done();
      });
    }, { credentials: { secret: { type: 'password' } } });
  }
  RED.httpAdmin.get('/hooks', (_request, response) =>
    response.json(['onReceive', 'onComplete'].filter((name) => RED.hooks.has(name + '.model-management'))));
  RED.httpAdmin.get('/witnesses', (_request, response) => response.json(Object.fromEntries(alive)));
};`;

export interface Witness {
  /** Another number for every time a node was made. */
  readonly instance: number;
  readonly secret: string | undefined;
}

export type PipelineAction = 'start' | 'stop' | 'restart';
export type ActionAnswer = Answer<PipelineView & { readonly warning?: string; readonly error: ApiError }>;

/** Tab of the pipeline below. */
export const pipelineTab = 'pipe';
/** Its node that remembers; there are `beside` and `shared` elsewhere. */
export const ownWitness = 'own';

const at = { x: 100, y: 100, wires: [] };

/** Four tabs in an order that is none of the alphabet, with the pipeline in the third; one is locked, one is disabled. */
export const labFlows: readonly FlowNode[] = [
  { id: 'zeta', type: 'tab', label: 'Zeta', disabled: false, info: 'kept', env: [], locked: true },
  { id: 'alpha', type: 'tab', label: 'Alpha', disabled: true, info: '', env: [] },
  { id: pipelineTab, type: 'tab', label: 'Pipeline', disabled: false, info: 'of ours', env: [], locked: true },
  { id: 'beta', type: 'tab', label: 'Beta', disabled: false, info: '', env: [{ name: 'A', value: '1', type: 'str' }] },
  { id: 'part', type: 'subflow', name: 'Part', info: '', in: [], out: [], env: [] },
  { id: 'group', type: 'group', z: 'zeta', name: 'Group', style: {}, nodes: ['beside'], x: 50, y: 50, w: 100, h: 100 },
  { id: 'shared', type: 'witness-config', name: 'for all' },
  { id: 'beside', type: 'witness', z: 'zeta', g: 'group', config: 'shared', ...at },
  { id: 'note', type: 'comment', z: 'alpha', name: 'a note', info: '', ...at },
  { id: ownWitness, type: 'witness', z: pipelineTab, config: 'shared', ...at },
  { id: 'source', type: 'inject', z: pipelineTab, name: '', props: [{ p: 'payload' }], ...at, wires: [['library']] },
  { id: 'library', type: 'pipelib', z: pipelineTab, name: '', configVersion: 1, library: 'pipelib_none', ...at },
  { id: 'part-1', type: 'subflow:part', z: 'beta', name: '', ...at },
  { id: 'inner', type: 'witness', z: 'part', config: 'shared', ...at },
];

/** What the nodes are given to keep to themselves. */
const secrets: Readonly<Record<string, string>> = {
  [ownWitness]: 'own secret',
  shared: 'shared secret',
  beside: 'third',
};

/** A Node-RED whose nodes tell since when they live and what secrets they hold. */
export class FlowsLab implements AsyncDisposable {
  private constructor(
    readonly nodeRed: NodeRed,
    private readonly folder: TemporaryFolder,
    private readonly options: NodeRedOptions,
  ) {}

  static async start(options: NodeRedOptions = {}): Promise<FlowsLab> {
    const folder = await temporaryFolder('mm-witness-');
    await writeFile(join(folder.path, 'witness.js'), witness);
    await writeFile(join(folder.path, 'witness.html'), '');
    const settings = `nodesDir: ${JSON.stringify(folder.path)}, ${options.settings ?? ''}`;
    try {
      return new FlowsLab(await NodeRed.start({ ...options, settings }), folder, options);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Another process on the same user directory, with other settings or another environment; the lab is over with the last. */
  async restartedWith(options: NodeRedOptions): Promise<FlowsLab> {
    await this.nodeRed.stop();
    const userDir = this.nodeRed.userDir;
    const settings = `nodesDir: ${JSON.stringify(this.folder.path)}, ${options.settings ?? ''}`;
    const nodeRed = await NodeRed.start({ ...this.options, ...options, settings, userDir });
    return new FlowsLab(nodeRed, this.folder, this.options);
  }

  /** `labFlows` with their secrets, as the editor would deploy them. */
  async deployAll(): Promise<void> {
    const withSecrets = labFlows.map((node) =>
      secrets[node.id] ? { ...node, credentials: { secret: secrets[node.id] } } : node,
    );
    await this.nodeRed.deploy(withSecrets);
    assert.deepEqual(await this.#secretsAlive(), secrets);
  }

  /** A node of the pipeline, by which no flows can be stored any more once it is stopped. @returns the folder that is in the way then */
  async deploySaboteur(): Promise<string> {
    const blocks = join(this.nodeRed.userDir, 'flows.json.$$$');
    const { flows, rev } = await this.active();
    const saboteur = { id: 'x', type: 'witness', z: pipelineTab, blocks, x: 1, y: 1, wires: [] };
    assert.equal((await this.deployAt(rev, [...flows, saboteur])).status, 200);
    await waitFor(async () => 'x' in (await this.witnesses()));
    return blocks;
  }

  act(action: PipelineAction): Promise<ActionAnswer> {
    return this.nodeRed.api('POST', `pipelines/${pipelineTab}/${action}`);
  }

  async view(): Promise<PipelineView> {
    return (await this.nodeRed.api<PipelineView>('GET', `pipelines/${pipelineTab}`)).body;
  }

  /** What runs now, by runtime id. */
  async witnesses(): Promise<Readonly<Record<string, Witness>>> {
    return (await this.nodeRed.request<Record<string, Witness>>('GET', 'witnesses')).body;
  }

  /** Those by which messages of pipelines are followed. */
  async hooks(): Promise<readonly string[]> {
    return (await this.nodeRed.request<string[]>('GET', 'hooks')).body;
  }

  /** The active flows and their revision. */
  async active(): Promise<{ readonly flows: FlowNode[]; readonly rev: string }> {
    return (
      await this.nodeRed.request<{ flows: FlowNode[]; rev: string }>('GET', 'flows', undefined, {
        'node-red-api-version': 'v2',
      })
    ).body;
  }

  /** A deploy of the editor, at the revision it knows. */
  deployAt(rev: string, flows: readonly FlowNode[], type = 'flows'): Promise<Answer<{ rev?: string; code?: string }>> {
    const headers = { 'node-red-api-version': 'v2', 'node-red-deployment-type': type };
    return this.nodeRed.request('POST', 'flows', { rev, flows }, headers);
  }

  /** The flow file. @param folder - default the user directory */
  async stored(folder = this.nodeRed.userDir): Promise<FlowNode[]> {
    return JSON.parse(await readFile(join(folder, 'flows.json'), 'utf8')) as FlowNode[];
  }

  /** The credentials on the disk by node, decrypted. */
  async storedSecrets(secret = 'test', folder = this.nodeRed.userDir): Promise<Readonly<Record<string, string>>> {
    const { $: text } = JSON.parse(await readFile(join(folder, 'flows_cred.json'), 'utf8')) as { $: string };
    const key = createHash('sha256').update(secret).digest();
    const decipher = createDecipheriv('aes-256-ctr', key, Buffer.from(text.slice(0, 32), 'hex'));
    const plain = decipher.update(text.slice(32), 'base64', 'utf8') + decipher.final('utf8');
    return secretsOf(JSON.parse(plain) as Record<string, { secret?: string }>);
  }

  /**
   * Stops the pipeline, starts it and restarts it, and checks each time what is stored, what lives and with what secret.
   * @param stored - the flow file, by default in the user directory
   */
  async checkStopAndStart({
    stored = () => this.stored(),
    warns = false,
    afterEach = async (_action: PipelineAction): Promise<void> => undefined,
  } = {}): Promise<void> {
    const file = await stored();
    const { flows } = await this.active();
    const before = await this.witnesses();
    const expected = (nodes: readonly FlowNode[], isStopped: boolean): FlowNode[] =>
      nodes.map((node) => (node.id === pipelineTab ? { ...node, disabled: isStopped } : node));
    let lastOwn = before[ownWitness]?.instance;
    for (const action of ['stop', 'start', 'restart'] as const) {
      const answer = await this.act(action);
      assert.equal(answer.status, 202, answer.text);
      assert.equal('warning' in answer.body, warns, answer.text);
      const isStopped = action === 'stop';
      assert.equal(answer.body.state === 'idle', isStopped, answer.text);
      assert.deepEqual((await this.active()).flows, expected(flows, isStopped), `active after ${action}`);
      assert.deepEqual(await stored(), warns ? file : expected(file, isStopped), `stored after ${action}`);
      const { [ownWitness]: own, ...others } = await this.witnesses();
      const { [ownWitness]: _, ...othersBefore } = before;
      assert.deepEqual(others, othersBefore, `nodes of other tabs after ${action}`);
      assert.equal(own === undefined, isStopped, `own nodes after ${action}`);
      if (own) {
        assert.notEqual(own.instance, lastOwn, `own nodes are new after ${action}`);
        assert.equal(own.secret, secrets[ownWitness]);
        lastOwn = own.instance;
      }
      await afterEach(action);
    }
  }

  /** Two editors add tabs while the pipeline is stopped and started: no tab is lost, and no change. */
  async checkAmidOtherDeploys(): Promise<void> {
    const added: string[] = [];
    let conflicts = 0;
    const editor = async (name: string): Promise<void> => {
      for (let n = 0; n < 8; ) {
        const { flows, rev } = await this.active();
        const id = `${name}-${n}`;
        const { status } = await this.deployAt(rev, [
          ...flows,
          { id, type: 'tab', label: id, disabled: false, env: [] },
        ]);
        assert.ok(status === 200 || status === 409, `${status}`);
        if (status === 409) conflicts += 1;
        else added.push(id);
        if (status === 200) n += 1;
      }
    };
    let [isStopped, clear] = [false, 0];
    const user = async (): Promise<void> => {
      for (let n = 0; n < 16; n += 1) {
        const { status, body, text } = await this.act(isStopped ? 'start' : 'stop');
        if (status === 202) isStopped = !isStopped;
        else {
          assert.deepEqual([status, body.error.code], [409, 'FLOWS_CHANGED'], text);
          clear += 1;
        }
      }
    };
    await Promise.all([editor('a'), editor('b'), user()]);
    assert.ok(conflicts + clear > 0, 'they met');
    const stored = await this.stored();
    assert.deepEqual(
      stored.filter(({ id }) => /^[ab]-\d$/.test(id)).map(({ id }) => id),
      added,
    );
    const isOther = ({ id }: FlowNode): boolean => id !== pipelineTab;
    const original = stored.filter(({ id }) => labFlows.some((node) => node.id === id));
    assert.deepEqual(original.filter(isOther), labFlows.filter(isOther));
    assert.equal(stored.find(({ id }) => id === pipelineTab)?.['disabled'], isStopped);
    assert.equal('own' in (await this.witnesses()), !isStopped);
    assert.deepEqual(await this.storedSecrets(), secrets);
  }

  /** Every change of the pipeline is refused, and nothing of flows, files and nodes is touched. */
  async checkRefusals(expected: {
    readonly status: number;
    readonly code: string;
    readonly message: RegExp;
    readonly hint?: RegExp;
    /** Default all; a start of what runs changes nothing. */
    readonly actions?: readonly PipelineAction[];
  }): Promise<void> {
    const [file, active, before] = [await this.stored(), await this.active(), await this.witnesses()];
    for (const action of expected.actions ?? (['stop', 'start', 'restart'] as const)) {
      const answer = await this.act(action);
      const { code, message, hint } = answer.body.error ?? {};
      assert.deepEqual([answer.status, code], [expected.status, expected.code], `${action}: ${answer.text}`);
      assert.match(message, expected.message);
      assert.match(hint, expected.hint ?? /./);
      assert.deepEqual(await this.stored(), file, `stored after ${action}`);
      assert.deepEqual(await this.active(), active, `active after ${action}`);
      assert.deepEqual(await this.witnesses(), before, `nodes after ${action}`);
    }
  }

  untilState(state: PipelineView['state']): Promise<PipelineView> {
    return waitFor(
      async () => {
        const view = await this.view();
        return view.state === state ? view : undefined;
      },
      { what: `the state ${state}` },
    );
  }

  async #secretsAlive(): Promise<Readonly<Record<string, string>>> {
    return secretsOf(await this.witnesses());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodeRed[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

const secretsOf = (nodes: Readonly<Record<string, { readonly secret?: string | undefined }>>): Record<string, string> =>
  Object.fromEntries(Object.entries(nodes).flatMap(([id, { secret }]) => (secret === undefined ? [] : [[id, secret]])));

/** What `deployAll` gave away. */
export const labSecrets = secrets;
