import type * as NativeRuntime from '../../lib/inference/child/native-runtime';

/* The real engine process as it works with a release of onnxruntime-node whose binding has changed. */

const path = require.resolve('../../lib/inference/child/native-runtime');
const real: typeof NativeRuntime = require(path);
const cached = require.cache[path];
if (cached) {
  const loadNativeRuntime: typeof NativeRuntime.loadNativeRuntime = (paths) => real.loadNativeRuntime(paths, false);
  cached.exports = { ...real, loadNativeRuntime };
}
require('../../lib/inference/child/engine-process');
