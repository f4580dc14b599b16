import { accessSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openPublic, type PublicPackage } from './ort-values';
import type { InferenceRuntime, RuntimeSession } from './runtime';

interface WebPackage extends PublicPackage {
  readonly env: { readonly wasm: { numThreads: number }; readonly versions: { readonly web?: string } };
}

/** As the build leaves them: the package in one file, and the two that it looks for beside itself. */
const FILES = ['onnxruntime-web.js', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'] as const;

/** What WebAssembly throws when the code in it has gone wrong; from then on its memory cannot be relied on. */
function isBroken(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || typeof error === 'number';
}

/** Ends the process with its last words: the parent starts another one. */
function end(error: unknown): never {
  process.stderr.write(`WebAssembly: ${String(error)}\n`);
  process.exit(1);
}

function withoutBroken({ run, ...session }: RuntimeSession): RuntimeSession {
  return {
    ...session,
    run: async (feeds, fetches) => {
      try {
        return await run(feeds, fetches);
      } catch (error) {
        if (isBroken(error)) end(error);
        throw error;
      }
    },
  };
}

/**
 * ONNX Runtime as WebAssembly, for machines where the native one does not load: on one thread, in at most 4 GiB.
 * @param folder - where the three files lie
 * @throws {Error} one of them is missing
 */
export function loadWasmRuntime(folder = join(__dirname, 'wasm')): InferenceRuntime {
  for (const file of FILES) accessSync(join(folder, file));
  const { env, InferenceSession } = createRequire(__filename)(join(folder, FILES[0])) as WebPackage;
  env.wasm.numThreads = 1;
  return {
    version: `onnxruntime-web ${env.versions.web ?? ''}`.trim(),
    async open(modelPath) {
      const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'all', logSeverityLevel: 4 };
      return withoutBroken(openPublic(await InferenceSession.create(await readFile(modelPath), options)));
    },
  };
}
