import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { EdgeView } from '../../lib/edges/hub/views';
import { aNode } from '../support/flow-entries';
import { modelFlow } from '../support/flows';
import { Mosquitto, mosquittoPath } from '../support/mosquitto';
import { MqttListener } from '../support/mqtt-listener';
import { type FlowNode, NodeRed, nodeRedMajor } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';
import { lookAt } from './look';
import { resizePanel } from './room';

const other = nodeRedMajor === '5' ? '4' : '5';
const EDGE = 'edge-2';
const IN = `plant/${EDGE}/in`;
const OUT = `plant/${EDGE}/out`;

/** A deploy on an edge restarts no more than a tab, but the two start and talk through a broker. */
const ARRIVAL_MS = 60_000;

const pipelineFlow = (brokerPort: number, version = ''): readonly FlowNode[] =>
  modelFlow({
    model: 'plus',
    brokerPort,
    inbound: 'plant/${EDGE_NAME}/in',
    outbound: 'plant/${EDGE_NAME}/out',
    ...(version !== '' && { node: { version } }),
  }).map((entry) => (entry.type === 'tab' ? { ...entry, label: 'press' } : entry));

describe(`pipelines in the sidebar of Node-RED ${nodeRedMajor}, on an edge of Node-RED ${other}`, function () {
  this.timeout(240_000);
  let broker: Mosquitto;
  let hub: NodeRed;
  let edge: NodeRed;
  let mqtt: MqttListener;
  let editor: Editor;
  let page: Page;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    mqtt = await MqttListener.on(broker, [OUT]);
    hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    for (const added of [1, 2]) {
      const answer = await hub.api('POST', 'models/plus/versions?create=true', buildModel(addModel(added)));
      assert.equal(answer.status, 201, answer.text);
    }
    assert.equal((await hub.api('PUT', 'models/plus/aliases/deployed', { version: 1 })).status, 200);
    await hub.deploy(pipelineFlow(broker.port));
    const { body } = await hub.api<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', {
      name: EDGE,
    });
    edge = await NodeRed.start({
      major: other,
      modelManagement: body.enrolment.settings,
      settings: "nodesExcludes: ['16-range.js'],",
    });
    await waitFor(async () => (await hub.api<EdgeView>('GET', `edges/${EDGE}`)).body.state === 'online', {
      timeoutMs: ARRIVAL_MS,
    });
    editor = await Editor.open(hub);
    page = editor.page;
    page.setDefaultTimeout(ARRIVAL_MS);
  });
  after(async () => {
    await editor?.[Symbol.asyncDispose]();
    await edge?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
    await mqtt?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });
  afterEach(() => assert.deepEqual(editor?.complaints ?? [], []));

  const detail = (): Locator => page.locator('.mm-tray .mm-detail');
  const row = (): Locator => detail().getByRole('list', { name: 'Edges that run it' }).getByRole('listitem').first();
  const closeTray = async (): Promise<void> => {
    await page.locator('#mm-tray-close').click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
  };
  const showPanel = async (tab: 'Pipelines' | 'Edges'): Promise<Locator> => {
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: tab }).click();
    return sidebar.getByRole('tabpanel', { name: tab });
  };
  const openPipeline = async (): Promise<void> => {
    const panel = await showPanel('Pipelines');
    await panel.getByRole('button', { name: /press/ }).click();
    await detail().getByRole('heading', { name: 'press' }).waitFor();
  };
  const look = async (name: string, what: string): Promise<void> => {
    await lookAt(editor, name, what);
    const tray = page.locator('.mm-tray');
    await resizePanel(tray, 294, 700);
    await editor.picture(`${name}-narrow`);
    // Wide tables scroll in their own frame.
    const overflow = await detail().evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.ok(overflow <= 0, `nothing sticks out: ${what}`);
    await tray.evaluate((element) => element.removeAttribute('style'));
  };
  const confirm = async (words: string, button: string): Promise<void> => {
    const question = page.getByRole('alertdialog');
    await question.getByText(words).waitFor();
    await question.getByRole('button', { name: button }).click();
  };
  const answers = (payload: unknown): Promise<unknown> =>
    waitFor(async () => mqtt.ask(IN, payload, OUT), { timeoutMs: ARRIVAL_MS });
  const flowsOfEdge = async () => (await edge.request<FlowNode[]>('GET', 'flows')).body;

  it('are deployed from the tray, which says what the edge gets', async () => {
    await openPipeline();
    await detail().getByText('It runs on no edge.').waitFor();
    await detail().getByRole('button', { name: 'Deploy to edges…' }).click();
    const form = detail().getByRole('group', { name: 'Deploy to edges…' });
    await form.getByText('Nothing changes yet.').waitFor();
    await form.getByRole('checkbox', { name: EDGE }).check();
    await form.getByText('edge-2 will run it as it is deployed here now. That is its revision 1.').waitFor();
    await form.getByText('Models that come with it: plus.').waitFor();
    await form.getByText('Passwords and keys of its nodes never travel.').waitFor();
    await look('on-edges-form', 'the form of edges');
    await form.getByRole('button', { name: 'Deploy', exact: true }).click();
    await row().getByText('revision 1', { exact: true }).waitFor();
    await row().getByText('listening', { exact: false }).waitFor();
    assert.deepEqual(await answers([1, 2, 3, 4]), [2, 3, 4, 5]);
    await row().getByText('listening, succeeded').waitFor();
    await look('on-edges-row', 'the edges of a pipeline');
    await closeTray();
    const panel = await showPanel('Pipelines');
    await panel.getByRole('button', { name: /press.*1 edge$/ }).waitFor();
  });

  it('are looked at and tested as they are there, without anything being published', async () => {
    await openPipeline();
    await row().getByRole('button', { name: EDGE }).click();
    await detail()
      .getByRole('heading', { name: `press on ${EDGE}` })
      .waitFor();
    await detail().getByText(`in: ${IN}`).waitFor();
    const drawing = detail().getByRole('group', { name: 'The flow' });
    await drawing.getByRole('img', { name: /^the model/ }).waitFor();
    assert.equal(await drawing.getByRole('button').count(), 0, 'no node there is shown here');
    await detail().getByRole('cell', { name: 'published', exact: true }).first().waitFor();
    const before = mqtt.on(OUT).length;
    await detail().getByRole('button', { name: 'Test on the edge' }).click();
    const test = detail().getByRole('region', { name: 'Test' });
    await editor.pasteCode(test, '[5, 6, 7, 8]');
    await test.getByRole('button', { name: 'Send' }).click();
    await test.getByText('succeeded', { exact: true }).waitFor();
    await test.getByText('held back').first().waitFor();
    await test.getByText('[6,7,8,9]').first().waitFor();
    assert.equal(mqtt.on(OUT).length, before);
    await look('on-edge-detail', 'a pipeline on an edge');
  });

  it('tell which node failed there', async () => {
    await mqtt.publish(IN, ['no', 'numbers']);
    await detail().locator('.mm-error', { hasText: 'at step the model' }).waitFor();
    const failed = detail().getByRole('row', { name: /failed node by node/ });
    await failed.first().getByRole('button', { name: 'node by node' }).click();
    const times = detail().getByRole('region', { name: 'node by node' });
    await times.getByText('["no","numbers"]').first().waitFor();
    await times
      .getByText(/wants float32/)
      .first()
      .waitFor();
    await look('on-edge-failed', 'a failed pipeline on an edge');
    await closeTray();
    const panel = await showPanel('Pipelines');
    await panel.getByRole('button', { name: /press.*1 edge · 1 failed/ }).waitFor();
    await answers([1, 2, 3, 4]);
    await panel.getByRole('button', { name: /press.*1 edge$/ }).waitFor();
  });

  it('are stopped, started and restarted there', async () => {
    await openPipeline();
    await row().getByRole('button', { name: 'Stop' }).click();
    await look('on-edges-stop', 'the question about a stop');
    await confirm('On edge-2 its tab is disabled and deployed.', 'Stop');
    await row().getByText('idle').waitFor();
    assert.equal((await flowsOfEdge()).find(({ id }) => id === 'tab')?.['disabled'], true);
    await row().getByRole('button', { name: 'Start' }).click();
    await row().getByText('listening').waitFor();
    await row().getByRole('button', { name: 'Restart' }).click();
    await confirm('On edge-2 all nodes of its tab start anew.', 'Restart');
    assert.deepEqual(await answers([1, 0, 0, 0]), [2, 1, 1, 1]);
  });

  it('GIVEN_somebody_changes_one_on_the_edge_THEN_the_tray_tells_it_AND_restores_it', async () => {
    const changed = (await flowsOfEdge()).map((entry) =>
      entry.id === 'out' ? { ...entry, topic: 'elsewhere' } : entry,
    );
    await edge.deploy(changed, 'flows');
    await row().getByText('changed on the edge').waitFor();
    await row().getByRole('button', { name: 'Restore' }).click();
    await look('on-edges-restore', 'the question about a change');
    await confirm('What was changed on edge-2 is lost', 'Restore');
    await row().getByText('changed on the edge').waitFor({ state: 'detached' });
    assert.deepEqual(await answers([1, 0, 0, 0]), [2, 1, 1, 1]);
  });

  it('get another revision, and go back to the one before', async () => {
    await hub.deploy(pipelineFlow(broker.port, '2'));
    await detail().getByRole('button', { name: 'Deploy to edges…' }).click();
    const form = detail().getByRole('group', { name: 'Deploy to edges…' });
    await form.getByText('has revision 1').waitFor();
    await form.getByRole('checkbox', { name: EDGE }).check();
    await form.getByText('still revision 1 if nothing changed since, else revision 2.').waitFor();
    await form.getByRole('button', { name: 'Deploy', exact: true }).click();
    await row().getByText('revision 2', { exact: true }).waitFor();
    assert.deepEqual(await answers([1, 0, 0, 0]), [3, 2, 2, 2]);
    await row().getByRole('button', { name: 'Roll back to revision 1' }).click();
    await look('on-edges-rollback', 'the question about a rollback');
    await confirm('On edge-2 revision 1 takes the place of revision 2', 'Roll back to revision 1');
    await row().getByText('revision 1', { exact: true }).waitFor();
    assert.deepEqual(await answers([1, 0, 0, 0]), [2, 1, 1, 1]);
  });

  it('GIVEN_a_type_of_node_that_the_edge_lacks_THEN_the_tray_names_it_AND_what_ran_goes_on', async () => {
    const range = aNode('range', '', { z: 'tab', type: 'range', minin: '0', maxin: '1', minout: '0', maxout: '1' });
    await hub.deploy([...pipelineFlow(broker.port, '2'), range as FlowNode]);
    await detail().getByRole('button', { name: 'Deploy to edges…' }).click();
    const form = detail().getByRole('group', { name: 'Deploy to edges…' });
    await form.getByRole('checkbox', { name: EDGE }).check();
    await form.getByRole('button', { name: 'Deploy', exact: true }).click();
    await row().getByText('wants revision 3 · has revision 1').waitFor();
    await row()
      .getByText(/not deployed: .*range/)
      .waitFor();
    await row().getByText('listening').waitFor();
    await row().getByRole('button', { name: 'Try again' }).click();
    await look('on-edges-failed', 'a pipeline that an edge cannot take');
    await page.getByRole('alertdialog').getByText('edge-2 tries at once to deploy revision 3.').waitFor();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    await row().getByRole('button', { name: 'Roll back to revision 1' }).click();
    await confirm('On edge-2 revision 1 takes the place of revision 3', 'Roll back to revision 1');
    await row().getByText('revision 1', { exact: true }).waitFor();
    assert.deepEqual(await answers([1, 0, 0, 0]), [2, 1, 1, 1]);
    await closeTray();
  });

  it('say since when an edge is away, and what they wait for', async () => {
    await edge.stop();
    await openPipeline();
    await row().getByText('offline').waitFor();
    await row().getByRole('button', { name: EDGE }).click();
    await detail().getByText('Runs, results and tests can be seen here once it is online.').waitFor();
    await detail().getByText('offline since').waitFor();
    await detail().getByRole('button', { name: 'Stop' }).click();
    await confirm('edge-2 is not online: it does so when it is back.', 'Stop');
    await detail().getByText('shall stop').waitFor();
    await detail().getByRole('button', { name: 'Start' }).click();
    await detail().getByText('shall stop').waitFor({ state: 'detached' });
    await look('on-edge-offline', 'a pipeline on an edge that is away');
    await edge.restart();
    await detail().getByRole('group', { name: 'The flow' }).waitFor();
    await closeTray();
  });

  it('whose tab is gone are reached from their edge, and taken off there', async () => {
    await openPipeline();
    await detail().getByRole('button', { name: 'Delete…' }).click();
    await confirm('On edge-2 it runs on', 'Delete');
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
    const panel = await showPanel('Edges');
    await panel.getByRole('button', { name: /edge-2.*1 pipeline/ }).click();
    const table = detail().getByRole('table', { name: 'Pipelines' });
    await table.getByRole('row', { name: /press revision 1 revision 1 .*listening/ }).waitFor();
    await look('edge-pipelines', 'the pipelines of an edge');
    await table.getByRole('button', { name: 'press' }).click();
    await detail()
      .getByRole('heading', { name: `press on ${EDGE}` })
      .waitFor();
    await detail().getByRole('group', { name: 'The flow' }).waitFor();
    await detail().getByRole('button', { name: 'Take off' }).click();
    await look('on-edge-take-off', 'the question about taking off');
    await confirm('Its tab is taken out of the flows of edge-2', 'Take off');
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
    await waitFor(async () => !(await flowsOfEdge()).some(({ id }) => id === 'tab'), { timeoutMs: ARRIVAL_MS });
    await panel.getByRole('button', { name: /edge-2/ }).click();
    await detail().getByText('No pipeline yet.').waitFor();
    await closeTray();
  });
});
