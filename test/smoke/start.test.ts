import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { exampleLibraries, exampleModels } from '../support/examples';
import { freePort } from '../support/free-port';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { temporaryFolder } from '../support/temporary-folder';
import { waitFor } from '../support/wait-for';

const root = join(__dirname, '..', '..');
const startScript = join(root, 'scripts', 'start.mjs');
const npmCli = join(root, 'node_modules', 'npm', 'bin', 'npm-cli.js');
const sample = JSON.stringify({ sepal_length: 7, sepal_width: 3.2, petal_length: 4.7, petal_width: 1.4 });

interface Demo extends AsyncDisposable {
  readonly launcher: ChildProcess;
  readonly output: () => string;
  readonly url: string;
  readonly port: number;
  readonly mqttPort: number;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });
}

async function startDemo(...command: readonly string[]): Promise<Demo> {
  const folder = await temporaryFolder('mm-demo-');
  const [port, mqttPort] = [await freePort(), await freePort()];
  const env = { ...process.env, MM_DEMO_DIR: folder.path, PORT: String(port), MQTT_PORT: String(mqttPort) };
  const launcher = spawn(process.execPath, command, { cwd: root, env });
  const lines: string[] = [];
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream.on('data', (part: Buffer) => lines.push(part.toString()));
  }
  const output = (): string => lines.join('');
  await waitFor(() => output().includes('Ready: ') || launcher.exitCode !== null, {
    timeoutMs: 180_000,
    what: 'the demo to be ready',
  });
  assert.equal(launcher.exitCode, null, output());
  const end = async (): Promise<void> => {
    if (launcher.exitCode === null && launcher.signalCode === null) {
      launcher.kill('SIGTERM');
      await once(launcher, 'exit');
    }
    // A process that outlives its launcher holds these open, and would keep this one waiting.
    launcher.stdout.destroy();
    launcher.stderr.destroy();
    await folder[Symbol.asyncDispose]();
  };
  return { launcher, output, url: `http://127.0.0.1:${port}`, port, mqttPort, [Symbol.asyncDispose]: end };
}

async function ask(client: MqttClient): Promise<{ label: string; score: number }> {
  const answer = new Promise<string>((resolve) => {
    client.once('message', (_topic, payload) => resolve(payload.toString()));
  });
  await client.publishAsync('iris/read', sample, { qos: 1 });
  return JSON.parse(await answer);
}

async function change(url: string, method: string, path: string, body: BodyInit, contentType: string): Promise<void> {
  const response = await fetch(`${url}/model-management/models/iris/${path}`, {
    method,
    body,
    headers: { 'content-type': contentType, 'x-model-management': '1' },
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.text()}`);
}

const bothClosed = async ({ port, mqttPort }: Demo): Promise<boolean> =>
  !(await isOpen(port)) && !(await isOpen(mqttPort));

// The demo always runs on Node-RED 5.
if (nodeRedMajor === '5') {
  describe('npm start', function () {
    this.timeout(300_000);

    it('gives the README: an answer over MQTT, another from version 2, the first again after a rollback', async () => {
      await using demo = await startDemo(startScript);
      assert.deepEqual(demo.output().match(/^Ready: .*$/gm), [`Ready: ${demo.url}`]);
      const provided = [
        ...Object.keys(exampleModels).map((name) => `models/${name}`),
        ...exampleLibraries.map((name) => `libraries/${name}`),
      ];
      for (const path of provided) {
        assert.equal((await fetch(`${demo.url}/model-management/${path}`)).status, 200, `${path} is for the examples`);
      }
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${demo.mqttPort}`);
      try {
        await client.subscribeAsync('iris/write', { qos: 1 });
        const first = await ask(client);
        assert.deepEqual([first.label, first.score.toFixed(3)], ['virginica', '0.595']);
        const file = await readFile(join(root, 'example-models', 'iris-2.onnx'));
        await change(demo.url, 'POST', 'versions', file, 'application/octet-stream');
        await change(demo.url, 'PUT', 'aliases/deployed', JSON.stringify({ version: 2 }), 'application/json');
        const second = await ask(client);
        assert.deepEqual([second.label, second.score.toFixed(3)], ['versicolor', '0.999']);
        await change(demo.url, 'POST', 'rollback', '{}', 'application/json');
        assert.deepEqual(await ask(client), first);
      } finally {
        await client.endAsync(true);
      }
      demo.launcher.kill('SIGINT');
      const [code] = await once(demo.launcher, 'exit');
      assert.equal(code, 0);
      assert.ok(await bothClosed(demo), 'something still listens');
    });

    it('has a broker for edges: another Node-RED becomes one', async () => {
      await using demo = await startDemo(startScript);
      const post = { method: 'POST', headers: { 'content-type': 'application/json', 'x-model-management': '1' } };
      const added = await fetch(`${demo.url}/model-management/edges`, { ...post, body: '{"name":"edge-2"}' });
      assert.equal(added.status, 201, await added.clone().text());
      const { enrolment } = (await added.json()) as { enrolment: { settings: Record<string, unknown> } };
      await using _edge = await NodeRed.start({ modelManagement: enrolment.settings });
      const isOnline = async (): Promise<boolean> => {
        const answer = await fetch(`${demo.url}/model-management/edges/edge-2`);
        return ((await answer.json()) as { state: string }).state === 'online';
      };
      await waitFor(isOnline, { what: 'the edge to be online' });
    });

    it('GIVEN_a_demo_started_by_npm_WHEN_npm_is_ended_THEN_launcher_broker_and_node_red_end_too', async () => {
      await using demo = await startDemo(npmCli, 'start');
      demo.launcher.kill('SIGTERM');
      await waitFor(() => bothClosed(demo), { what: 'both ports to close' });
    });

    it('GIVEN_a_running_demo_WHEN_the_launcher_is_killed_THEN_broker_and_node_red_end_by_themselves', async () => {
      await using demo = await startDemo(startScript);
      demo.launcher.kill('SIGKILL');
      await waitFor(() => bothClosed(demo), { what: 'both ports to close' });
    });
  });
}
