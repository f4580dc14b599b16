import assert from 'node:assert/strict';
import { readExample } from '../support/examples';
import { Mosquitto, mosquittoPath } from '../support/mosquitto';
import { MqttListener } from '../support/mqtt-listener';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';
import { LibraryTray } from './library-tray';

const flow = readExample('14 - Basic algebra');
const libraries = ['pipelib_sum', 'pipelib_product', 'pipelib_roots'] as const;

describe(`an example with libraries in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let nodeRed: NodeRed;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    nodeRed = await NodeRed.start();
  });
  after(async () => {
    await nodeRed?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  it('answers once they are written as its comment tells', async () => {
    await using editor = await Editor.open(nodeRed);
    const tray = new LibraryTray(editor);
    const here = { broker: '127.0.0.1', port: String(broker.port) };
    await editor.importNodes(
      JSON.stringify(flow.map((node) => (node.type === 'mqtt-broker' ? { ...node, ...here } : node))),
    );
    await editor.deploy();
    const nodes = await editor.nodes();
    const comment = String(nodes.find(({ type }) => type === 'comment')?.['info']);
    for (const name of libraries) {
      const [, source = ''] = comment.split(`\`${name}.js\`:`);
      const [, code = ''] = /```js\n([\s\S]*?)```/.exec(source) ?? [];
      const dialog = await editor.editNode(nodes.find(({ library }) => library === name)?.id ?? '');
      await dialog.getByRole('button', { name: 'Write it…' }).click();
      await dialog.getByRole('button', { name: 'Write it', exact: true }).click();
      await tray.code.locator('.monaco-editor').waitFor();
      await tray.replaceSource(code);
      await tray.save();
      await tray.untilSaved();
      await tray.close();
      await editor.saveNode();
    }
    assert.equal(await editor.isDirty(), false, 'nothing is deployed again');
    await using mqtt = await MqttListener.on(broker, ['algebra/write']);
    const answer = async () => {
      await mqtt.publish('algebra/read', { a: 7, b: 3 });
      return mqtt.on('algebra/write')[0];
    };
    assert.deepEqual(await waitFor(answer, { what: 'an answer', intervalMs: 50 }), {
      sum: 10,
      product: 21,
      roots: [7, 3],
    });
    assert.deepEqual(editor.complaints, []);
  });
});
