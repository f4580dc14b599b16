import { basename } from 'node:path';
import type * as NativeRuntime from '../../lib/inference/child/native-runtime';
import type { InferenceRuntime } from '../../lib/inference/child/runtime';

/*
 * The real engine process around a runtime that crashes where a real one would only with a defect we do not have at
 * hand: on a file whose name says so, and on a float32 input that holds the mark. Another mark hangs it.
 */

export const CRASH_MARK = 666;
export const HANG_MARK = 777;
export const CRASH_ON_LOAD = 'crash-on-load';

const path = require.resolve('../../lib/inference/child/native-runtime');
const real: typeof NativeRuntime = require(path);

function withFaults(runtime: InferenceRuntime): InferenceRuntime {
  return {
    version: runtime.version,
    open: async (modelPath, options) => {
      if (basename(modelPath).startsWith(CRASH_ON_LOAD)) process.abort();
      const session = await runtime.open(modelPath, options);
      return {
        ...session,
        run: (feeds, fetches) => {
          for (const { data } of feeds.values()) {
            if (!(data instanceof Float32Array)) continue;
            if (data.includes(CRASH_MARK)) process.abort();
            while (data.includes(HANG_MARK));
          }
          return session.run(feeds, fetches);
        },
      };
    },
  };
}

const cached = require.cache[path];
if (cached) {
  const loadNativeRuntime: typeof NativeRuntime.loadNativeRuntime = (paths) =>
    withFaults(real.loadNativeRuntime(paths));
  cached.exports = { ...real, loadNativeRuntime };
}
if (require.main === module) require('../../lib/inference/child/engine-process');
