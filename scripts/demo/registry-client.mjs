// What the demo asks of the package, over its HTTP API.
import { readFileSync } from 'node:fs';

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

/** Uploads the file as the first version of `name`, unless the model is there already. */
export async function ensureModel(url, name, file, description) {
  const existing = await fetch(`${url}/model-management/models/${name}`);
  if (existing.ok) return;
  const query = new URLSearchParams({ create: 'true', description });
  const response = await fetch(`${url}/model-management/models/${name}/versions?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-model-management': '1' },
    body: readFileSync(file),
  });
  if (!response.ok) throw new Error(`Uploading ${file} failed: ${await wordsOf(response)}`);
}
