// What the demo asks of the package, over its HTTP API.
import { readFileSync } from 'node:fs';
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
const libraries = [{ name: 'pipelib_inches', description: 'Written lengths to centimetres' }];

/**
 * Gives the demo what the example flows need; what is there already stays as the user left it.
 * @param projectRoot - holds `examples` and `example-models`
 */
export async function provideExamples(url, projectRoot) {
  for (const { name, file, description } of models) {
    const query = new URLSearchParams({ create: 'true', description });
    const body = readFileSync(join(projectRoot, 'example-models', file));
    await ensure(url, `models/${name}`, 'POST', `models/${name}/versions?${query}`, body, 'application/octet-stream');
  }
  for (const { name, description } of libraries) {
    const source = readFileSync(join(projectRoot, 'examples', `${name}.js`), 'utf8');
    const body = JSON.stringify({ source, description });
    await ensure(url, `libraries/${name}`, 'PUT', `libraries/${name}`, body, 'application/json');
  }
}

async function ensure(url, existing, method, path, body, contentType) {
  if ((await fetch(`${url}/model-management/${existing}`)).ok) return;
  const headers = { 'content-type': contentType, 'x-model-management': '1' };
  const response = await fetch(`${url}/model-management/${path}`, { method, headers, body });
  if (!response.ok) throw new Error(`Storing ${existing} failed: ${await wordsOf(response)}`);
}
