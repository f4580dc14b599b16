import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../test/support/free-port';
import { irisModel } from '../test/support/onnx-models';
import { pythonWith } from '../test/support/python';
import { waitFor } from '../test/support/wait-for';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, type Row } from './support/bench';
import { BenchLab } from './support/bench-lab';

/*
 * The endpoint of the Open Inference Protocol beside MLServer with the same model: MLServer runs ONNX Runtime in a class of
 * its own, as its documentation says for runtimes it does not bring, in its own process (no parallel workers).
 */

const CONNECTION_COUNT = 32;
const question = JSON.stringify({
  inputs: [{ name: 'features', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] }],
});

const runtimeSource = `
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

class OnnxModel(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(self.settings.parameters.uri, options)
        self._name = self._session.get_inputs()[0].name
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = NumpyCodec.decode_input(payload.inputs[0])
        result = self._session.run(None, {self._name: rows})[0]
        output = NumpyCodec.encode_output(name="probabilities", payload=result)
        return InferenceResponse(model_name=self.name, outputs=[output])
`;

interface Taken {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const wrkPath = ['/usr/bin/wrk', '/usr/local/bin/wrk'].find((path) => existsSync(path));

/** Milliseconds of `1.23ms`, `45.00us`, `1.2s`. */
function milliseconds(text: string | undefined): number {
  const [, value = '', unit = ''] = /([\d.]+)(us|ms|s)/.exec(text ?? '') ?? [];
  return Number(value) * ({ us: 1e-3, ms: 1, s: 1e3 }[unit] ?? Number.NaN);
}

async function load(url: string, script: string, seconds: number): Promise<Taken> {
  const args = ['-t', '1', '-c', String(CONNECTION_COUNT), '-d', `${seconds}s`, '--latency', '-s', script, url];
  const { stdout } = await promisify(execFile)(wrkPath ?? 'wrk', args);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}: ${stdout}`);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/50%\s+(\S+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/99%\s+(\S+)/.exec(stdout)?.[1]),
  };
}

class MlServer implements AsyncDisposable {
  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    readonly url: string,
  ) {}

  static async start(python: string, folder: string, modelPath: string): Promise<MlServer> {
    const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'onnx_runtime.py'), runtimeSource);
    const server = {
      http_port: port,
      grpc_port: grpcPort,
      metrics_port: metricsPort,
      parallel_workers: 0,
      debug: false,
    };
    await writeFile(join(folder, 'settings.json'), JSON.stringify(server));
    const model = { name: 'iris', implementation: 'onnx_runtime.OnnxModel', parameters: { uri: modelPath } };
    await writeFile(join(folder, 'model-settings.json'), JSON.stringify(model));
    const child = spawn(join(dirname(python), 'mlserver'), ['start', folder], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, PYTHONPATH: folder },
    });
    const url = `http://127.0.0.1:${port}/v2/models/iris/infer`;
    const isReady = async (): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${port}/v2/models/iris/ready`).catch(() => undefined))?.ok === true;
    await waitFor(isReady, { what: 'MLServer to be ready', timeoutMs: 60_000 });
    return new MlServer(child, url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  const absent = (what: string, note: string): Row => ({ what, value: null, unit: 'requests/s', note });
  if (!wrkPath) return [absent('Open Inference Protocol', 'wrk is not installed (apt-get install wrk)')];
  await using lab = await BenchLab.start({ openInference: { enabled: true } }, '/admin');
  await lab.upload('iris', irisModel());
  const script = join(lab.folder.path, 'post.lua');
  await writeFile(
    script,
    `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = ${JSON.stringify(question)}\n`,
  );
  const python = isQuick ? null : await pythonWith('mlserver', ['mlserver', 'onnxruntime', 'numpy']);
  const modelPath = await lab.file('iris.onnx', irisModel());
  await using server = python ? await MlServer.start(python, join(lab.folder.path, 'mlserver'), modelPath) : null;
  const seconds = isQuick ? 1 : 5;
  const own = new URL('/v2/models/iris/infer', lab.nodeRed.url).href;
  const taken = await inTurns<Taken>(
    {
      own: () => load(own, script, seconds),
      ...(server ? { mlserver: () => load(server.url, script, seconds) } : {}),
    },
    isQuick ? 1 : 3,
  );
  const of = (name: string, key: keyof Taken): number[] => (taken[name] ?? []).map((one) => one[key]);
  const row = (key: keyof Taken, what: string, unit: string, aim: Row['aim']): Row => {
    const value = median(of('own', key));
    if (!server) return { what, value, unit };
    return {
      what,
      value,
      unit,
      against: 'MLServer',
      ratio: medianRatio(of('own', key), of('mlserver', key)),
      ...(aim ? { aim } : {}),
    };
  };
  return [
    row('perSecond', `${CONNECTION_COUNT} connections`, 'requests/s', { atLeast: 5 }),
    row('p50Ms', 'p50', 'ms', undefined),
    row('p99Ms', 'p99', 'ms', { atMost: 1 }),
    server
      ? { what: 'MLServer', value: median(of('mlserver', 'perSecond')), unit: 'requests/s' }
      : absent('MLServer', isQuick ? 'not in a quick run' : 'not to be had on this machine'),
  ];
}

export const bench: Bench = {
  name: 'http',
  title: 'Open Inference Protocol, iris 4-16-3, JSON; the admin API has a root of its own',
  run,
};
