import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { buildEnvironment } from '../../../lib/inference/processes/engine-child';
import { builtEngineHostPath, builtEngineProcessPath } from '../../support/built-engine';
import { openEngineLab } from '../../support/engine-lab';
import { floats, row } from '../../support/feeds';
import { addModel, loopModel, writeModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import { hasStrace, traceRuntime } from '../../support/traced-runtime';

const root = join(__dirname, '..', '..', '..');

describe('An engine process is kept apart', () => {
  it('gets an environment of its own, without what Node-RED has in its own', async function () {
    requireOrSkip(this, process.platform === 'linux', 'Linux');
    process.env['SECRET_OF_NODE_RED'] = 'hunter2';
    try {
      await using lab = await openEngineLab();
      await lab.load('add', addModel(1));
      const environment = readFileSync(`/proc/${await lab.pid()}/environ`, 'utf8');
      assert.doesNotMatch(environment, /hunter2/);
      const names = environment.split('\0').map((entry) => entry.split('=')[0]);
      assert.deepEqual(
        new Set(names.filter((name) => name !== '')),
        new Set([...Object.keys(buildEnvironment('/')), 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE']),
      );
    } finally {
      delete process.env['SECRET_OF_NODE_RED'];
    }
  });

  it('is the first to go when memory runs out, writes no core, and gets no more memory than its limit', async function () {
    requireOrSkip(this, process.platform === 'linux', 'Linux');
    await using lab = await openEngineLab({ options: { memoryLimitBytes: 500 * 1024 * 1024 } });
    await lab.load('add', addModel(1));
    const pid = await lab.pid();
    assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim(), '1000');
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    assert.match(limits, /Max core file size +0 /);
    assert.match(limits, /Max file size +1048576 /);
    assert.match(limits, new RegExp(`Max data size +${(500 + 256) * 1024 * 1024} `));
  });

  it('keeps the native code of the runtime out of the parent', async function () {
    requireOrSkip(this, process.platform === 'linux', 'Linux');
    await using folder = await temporaryFolder();
    const modelPath = await writeModel(join(folder.path, 'loop.onnx'), loopModel());
    const args = [await builtEngineHostPath(), await builtEngineProcessPath(), join(folder.path, 'temp'), modelPath];
    const host = spawn(process.execPath, [...args, 'idle'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(host, 'exit');
    try {
      const [pid] = await once(host.stdout, 'data');
      assert.match(readFileSync(`/proc/${Number(String(pid))}/maps`, 'utf8'), /onnxruntime/);
      assert.doesNotMatch(readFileSync(`/proc/${host.pid}/maps`, 'utf8'), /onnxruntime/);
    } finally {
      host.kill('SIGKILL');
      await exited;
    }
  });

  it('writes nowhere but in its folder', async function () {
    requireOrSkip(this, hasStrace, 'strace');
    await using folder = await temporaryFolder();
    const tempPath = join(folder.path, 'temp');
    const trace = join(folder.path, 'trace');
    const modelPath = await writeModel(join(folder.path, 'loop.onnx'), loopModel());
    const calls = 'trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat';
    const host = [await builtEngineHostPath(), await builtEngineProcessPath(), tempPath, modelPath, 'once'];
    const run = spawnSync('strace', ['-f', '-qq', '-e', calls, '-o', trace, process.execPath, ...host]);
    assert.equal(run.status, 0, String(run.stderr));
    const written = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /O_CREAT|O_WRONLY|O_RDWR|(?:mkdir|rename|link|creat)\w*\(/.test(line))
      .filter((line) => !line.includes(`"${tempPath}`) && !/"\/dev\/|"\/proc\//.test(line));
    assert.deepEqual(written, []);
  });

  it('leaves nothing of telemetry behind, not even when the runtime shuts down in order', async function () {
    requireOrSkip(this, hasStrace, 'strace');
    await using folder = await temporaryFolder();
    const { networkCalls, files } = await traceRuntime(folder.path, 0);
    assert.deepEqual(files, []);
    assert.doesNotMatch(networkCalls, /AF_INET/);
  });
});

describe('Where onnxruntime-node does not load', () => {
  /** The engine process where no `node_modules` above it holds the runtime. */
  async function isolatedProcess(folder: string): Promise<string> {
    const builtPath = await builtEngineProcessPath();
    const libPath = resolve(dirname(builtPath), '..', '..');
    await cp(libPath, join(folder, 'lib'), { recursive: true });
    return join(folder, relative(dirname(libPath), builtPath));
  }

  it('the one in WebAssembly answers, and health says why it does, and how to get the native one', async () => {
    await using folder = await temporaryFolder();
    await using lab = await openEngineLab({ processPath: await isolatedProcess(folder.path) });
    for (const isLoaded of [false, true]) {
      if (isLoaded) {
        const model = await lab.load('add', addModel(1));
        assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
      }
      const { kind, version, reason } = await lab.engine.stats();
      assert.deepEqual([kind, version], ['wasm', 'onnxruntime-web 1.30.0']);
      assert.match(
        reason ?? '',
        /onnxruntime-node could not be loaded: Cannot find module.*npm install onnxruntime-node.*Alpine/,
      );
    }
  });

  it('and the one in WebAssembly is not wanted, loading and health say so, why, and how to get it', async () => {
    await using folder = await temporaryFolder();
    const options = { runtime: 'native' } as const;
    await using lab = await openEngineLab({ processPath: await isolatedProcess(folder.path), options });
    const unavailable = {
      code: 'ENGINE_UNAVAILABLE',
      message: /^onnxruntime-node could not be loaded: Cannot find module/,
      hint: /npm install onnxruntime-node.*onnxruntime-node-install=skip.*WebAssembly/,
    };
    const target = await lab.target('add', addModel(1));
    await assert.rejects(lab.engine.load(target), unavailable);
    await assert.rejects(lab.engine.probe(target), unavailable);
    const { kind, version, reason, models } = await lab.engine.stats();
    assert.deepEqual([kind, version, models], ['none', null, []]);
    assert.match(reason ?? '', /Cannot find module.*npm install onnxruntime-node/s);
  });

  it('a broken installation is told with the words of the loader', async () => {
    await using folder = await temporaryFolder();
    const broken = join(folder.path, 'node_modules', 'onnxruntime-node');
    await mkdir(broken, { recursive: true });
    await writeFile(join(broken, 'package.json'), '{"name":"onnxruntime-node","version":"9.9.9","main":"index.js"}');
    await writeFile(
      join(broken, 'index.js'),
      "throw new Error('libc.musl-x86_64.so.1: no such file (needed by /opt/secret/binding.node)')",
    );
    const processPath = await isolatedProcess(folder.path);
    await rm(join(dirname(processPath), 'wasm', 'ort-wasm-simd-threaded.wasm'));
    await using lab = await openEngineLab({ processPath });
    await assert.rejects(lab.load('add', addModel(1)), {
      code: 'ENGINE_UNAVAILABLE',
      message:
        /libc\.musl-x86_64\.so\.1: no such file \(needed by binding\.node\).*WebAssembly could not be loaded: ENOENT/,
    });
  });

  it('it is found in the folders given besides', async () => {
    await using folder = await temporaryFolder();
    await using lab = await openEngineLab({
      processPath: await isolatedProcess(folder.path),
      runtimePaths: ['/nowhere', root],
    });
    const model = await lab.load('add', addModel(1));
    assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
  });

  it('the one in WebAssembly is taken where it is asked for, though the native one is there', async () => {
    await using lab = await openEngineLab({ options: { runtime: 'wasm' } });
    const model = await lab.load('add', addModel(1));
    assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
    const { kind, reason } = await lab.engine.stats();
    assert.deepEqual([kind, reason], ['wasm', undefined]);
  });

  it('health tells the runtime before any model is loaded', async () => {
    await using lab = await openEngineLab();
    const { kind, version } = await lab.engine.stats();
    assert.deepEqual([kind, version?.startsWith('onnxruntime-node 1.')], ['native', true]);
    assert.deepEqual(await readdir(lab.tempPath), []);
  });
});
