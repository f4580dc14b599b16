// The demo's Node-RED user directory: settings, the flow, and the package linked in as a user's install would be.
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PACKAGE_NAME = '@edge-models/node-red-model-management';

const settingsText = (
  brokerPort,
) => `// Written by npm start. Change what you like in flows; this file is written again at each start.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

module.exports = {
  uiHost: '127.0.0.1',
  uiPort: process.env.PORT,
  flowFile: 'flows.json',
  flowFilePretty: true,
  credentialSecret: readFileSync(join(__dirname, 'credential-secret'), 'utf8'),
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false }, header: { title: 'Model Management demo' } },
  modelManagement: {
    // Of edges, which may be further Node-REDs on this machine.
    broker: { url: 'mqtt://127.0.0.1:${brokerPort}' },
    // The demo's own script is trusted; elsewhere let jobs run in Docker.
    training: { allowProcessRunner: true },
  },
};
`;

function linkPackage(directory, projectRoot) {
  const link = join(directory, 'node_modules', ...PACKAGE_NAME.split('/'));
  mkdirSync(dirname(link), { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link, { recursive: true });
  symlinkSync(projectRoot, link, process.platform === 'win32' ? 'junction' : 'dir');
  const manifest = {
    name: 'model-management-demo',
    private: true,
    dependencies: { [PACKAGE_NAME]: `file:${projectRoot}` },
  };
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function pointFlowAtBroker(directory, projectRoot, brokerPort) {
  const target = join(directory, 'flows.json');
  const example = join(projectRoot, 'examples', '01 - Quick start.json');
  const flow = JSON.parse(readFileSync(existsSync(target) ? target : example, 'utf8'));
  for (const node of flow) {
    const isLocal = node.type === 'mqtt-broker' && ['localhost', '127.0.0.1'].includes(node.broker);
    if (isLocal) Object.assign(node, { broker: '127.0.0.1', port: String(brokerPort) });
  }
  writeFileSync(target, `${JSON.stringify(flow, null, 4)}\n`);
}

/** Creates what is missing and keeps what the user made; only the port of a broker on this machine is set anew. */
export function prepareUserDirectory({ directory, projectRoot, brokerPort }) {
  mkdirSync(directory, { recursive: true });
  const secret = join(directory, 'credential-secret');
  if (!existsSync(secret)) writeFileSync(secret, randomBytes(24).toString('hex'), { mode: 0o600 });
  writeFileSync(join(directory, 'settings.js'), settingsText(brokerPort));
  linkPackage(directory, projectRoot);
  pointFlowAtBroker(directory, projectRoot, brokerPort);
}
