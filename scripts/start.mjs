// `npm start`: everything from a fresh clone to a running demo. `-- --reset` starts the demo afresh, `--watch` rebuilds
// and restarts on every change.
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, watch } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { exited, start, stop } from './child.mjs';
import { choosePort } from './demo/ports.mjs';
import { provideExamples, provideTraining, waitUntilHealthy } from './demo/registry-client.mjs';
import { prepareUserDirectory } from './demo/user-directory.mjs';
import { ensureBuild, ensureDependencies, environmentFor, nodeBinaries, root } from './provision.mjs';

const REBUILD_AFTER_MS = 200;
const PARENT_CHECK_MS = 500;
const SUBSCRIBED_WITHIN_MS = 5_000;
const directory = process.env.MM_DEMO_DIR ?? join(root, '.demo');
const logFile = join(directory, 'node-red.log');
const isWatching = process.argv.includes('--watch');
const demo = join(root, 'scripts', 'demo');
const ending = new AbortController();
let broker;
let nodeRed;

async function end(code, message) {
  if (ending.signal.aborted) return;
  ending.abort();
  if (message) console.error(message);
  await Promise.all([nodeRed, broker].map((child) => child && stop(child)));
  process.exit(code);
}

function endWith(child, what) {
  void exited(child).then((code) => {
    if (child !== broker && child !== nodeRed) return;
    const log = child === nodeRed && existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n') : [];
    void end(1, [...log.slice(-20), `${what} ended with code ${code}`].join('\n'));
  });
}

/** Resolves when it listens, with a promise of the first subscription: then the flow can be published to. */
async function startBroker(port) {
  broker = start(nodeBinaries[22], [join(demo, 'broker.mjs'), String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  endWith(broker, 'The MQTT broker');
  await once(broker.stdout, 'data', { signal: ending.signal });
  const subscribed = once(broker.stdout, 'data', { signal: ending.signal });
  // Ctrl-C before anybody waits for it is no error.
  subscribed.catch(() => undefined);
  return { subscribed };
}

function startNodeRed(port) {
  const log = isWatching ? 'inherit' : openSync(logFile, 'w');
  const redFile = join(root, 'node_modules', 'node-red', 'red.js');
  const preload = join(demo, 'end-with-parent.cjs');
  nodeRed = start(nodeBinaries[22], ['--require', preload, redFile, '--userDir', directory], {
    cwd: directory,
    env: { ...environmentFor(22), PORT: String(port) },
    stdio: ['pipe', log, log],
  });
  endWith(nodeRed, 'Node-RED');
}

function rebuildOnChange(port, url) {
  let timer;
  let work = Promise.resolve();
  const rebuild = async () => {
    const isNew = await ensureBuild().catch((error) => console.error(error.message));
    if (!isNew) return;
    const old = nodeRed;
    nodeRed = undefined;
    await stop(old);
    if (ending.signal.aborted) return;
    startNodeRed(port);
    await waitUntilHealthy(url, ending.signal);
    console.log('Restarted with your change');
  };
  for (const folder of ['lib', 'nodes', 'plugins']) {
    watch(join(root, folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        work = work.then(rebuild).catch((error) => end(1, error.message));
      }, REBUILD_AFTER_MS);
    });
  }
}

/** The example flows connect to the usual port. */
function otherPort(brokerPort) {
  return brokerPort === 1883 ? '' : `,\n                their broker nodes need the port ${brokerPort} instead of 1883`;
}

const RUNNERS = {
  docker: 'in Docker',
  process: 'in processes of this machine, as no Docker engine answers',
};

function sayWhatToDo(url, brokerPort, runner) {
  const sample = '{"sepal_length":7,"sepal_width":3.2,"petal_length":4.7,"petal_width":1.4}';
  console.log(`Ready: ${url}

  MQTT broker   127.0.0.1:${brokerPort}
  publish to    iris/read    ${sample}
  answer on     iris/write   {"label":"virginica","score":0.595…}
  in a shell    npx mqtt_sub -p ${brokerPort} -t iris/write
                npx mqtt_pub -p ${brokerPort} -t iris/read -m '${sample}'
  then          open the sidebar tab Models, upload ${relative(process.cwd(), join(root, 'example-models', 'iris-2.onnx'))}
                as a new version of iris, deploy it, and publish the same message:
                the answer becomes {"label":"versicolor","score":0.998…}; Roll back undoes it
  training      in the tab Jobs, open iris_job and press Train now: it learns from the 156 rows of the
                collection iris, ${RUNNERS[runner]}, and its version is deployed by itself
  more          in the menu: Import, Examples; their models and libraries are here${otherPort(brokerPort)}
  log           ${isWatching ? 'here' : relative(process.cwd(), logFile)}

Ctrl-C ends everything. npm start -- --reset begins afresh.`);
}

async function main() {
  await ensureDependencies();
  await ensureBuild();
  if (process.argv.includes('--reset')) rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const port = await choosePort('PORT', 1880);
  const brokerPort = await choosePort('MQTT_PORT', 1883);
  prepareUserDirectory({ directory, projectRoot: root, brokerPort });
  const { subscribed } = await startBroker(brokerPort);
  startNodeRed(port);
  const url = `http://127.0.0.1:${port}`;
  await waitUntilHealthy(url, ending.signal);
  await provideExamples(url, root);
  const runner = await provideTraining(url, root);
  // A flow that the user has changed may subscribe to nothing: then this is not worth more waiting.
  await Promise.race([subscribed, pause(SUBSCRIBED_WITHIN_MS, undefined, { signal: ending.signal })]);
  if (isWatching) rebuildOnChange(port, url);
  sayWhatToDo(url, brokerPort, runner);
}

/** npm does not pass a SIGTERM on, so a demo that npm started looks whether npm is still there. */
function endWithNpm() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) void end(0);
  }, PARENT_CHECK_MS);
  timer.unref();
}

if (process.env.npm_lifecycle_event) endWithNpm();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
main().catch((error) => end(1, `npm start: ${error.message}`));
