import { type ErrorCode, ModelManagementError } from '../../errors';
import type { ModelTarget } from '../engine';
import type { ChildEnd } from './engine-child';
import { LaunchFailure } from './launch';
import { isAllocationFailure } from './load-limits';
import { withoutFolders } from './output-tail';

/** `iris version 3`, or the name of a file. */
export function nameOf({ model, version }: Pick<ModelTarget, 'model' | 'version'>): string {
  return version === null ? model : `${model} version ${version}`;
}

const INSTALL_HINT =
  'Run `npm install onnxruntime-node` in the user directory of Node-RED and restart it. Where its download host is ' +
  'out of reach, put the line `onnxruntime-node-install=skip` into .npmrc there first: the CPU files come with the ' +
  'package.';

/** @param message - which runtimes could not be loaded, and why */
export function runtimeMissing(message: string): ModelManagementError {
  return new ModelManagementError(
    'ENGINE_UNAVAILABLE',
    withoutFolders(message),
    `${INSTALL_HINT} Without it models run in WebAssembly, which comes with this package, unless \`engine.runtime\` is "native".`,
  );
}

/** Why models run in WebAssembly, and what to do about it. @param reason - why the native runtime could not be loaded */
export function fallbackReason(reason: string): string {
  return `${withoutFolders(reason)}. Models run in WebAssembly: the same results, large models several times slower. ${INSTALL_HINT} On Alpine Linux it cannot load.`;
}

/** A launch that failed, in the words of what was asked: loading a version, or probing a file. */
export function launchError(
  failure: unknown,
  target: ModelTarget,
  code: Extract<ErrorCode, 'VERSION_UNUSABLE' | 'INVALID_MODEL'>,
): unknown {
  if (!(failure instanceof LaunchFailure)) return failure;
  if (failure.what === 'runtime') return runtimeMissing(failure.message);
  if (failure.what === 'host') {
    return new ModelManagementError(
      'ENGINE_START_FAILED',
      `${nameOf(target)} was not tried: ${withoutPaths(failure.message, target)}`,
      'The file may be good. Look at the memory, disk space and process limit of this machine, then try again.',
      { cause: failure },
    );
  }
  if (failure.what === 'aborted') return aborted(`loading ${nameOf(target)} was given up`);
  return new ModelManagementError(
    code,
    `${nameOf(target)} does not load: ${withoutPaths(failure.message, target)}`,
    'Check the file with the tool that made it; it must be a complete ONNX model with tensors as inputs and outputs.',
    { cause: failure },
  );
}

/** The runtime puts the path into its message; people know the model by its name. */
function withoutPaths(message: string, { modelPath, preprocessingPath }: ModelTarget): string {
  const named = message.replaceAll(modelPath, 'the model file');
  return preprocessingPath === undefined ? named : named.replaceAll(preprocessingPath, 'the preprocessing file');
}

export function aborted(message: string): ModelManagementError {
  return new ModelManagementError('ABORTED', message, 'Nothing to do: whoever asked went away.');
}

export function gaveUp(timeoutMs: number): ModelManagementError {
  return new ModelManagementError(
    'TIMEOUT',
    `no answer within ${timeoutMs} ms, waiting included`,
    'Send fewer messages, use a faster model, or allow more time.',
  );
}

export function refusedByRuntime(message: string): ModelManagementError {
  if (isAllocationFailure(message)) {
    return new ModelManagementError(
      'INFERENCE_FAILED',
      'the model needs more memory for this input than `engine.memoryLimitBytes` allows',
      'Send smaller inputs, or raise `engine.memoryLimitBytes`.',
    );
  }
  return new ModelManagementError(
    'INFERENCE_FAILED',
    `the model refused the input: ${message}`,
    'Compare the shapes sent with the signature of the model.',
  );
}

export function ranTooLong(target: ModelTarget, limitMs: number): ModelManagementError {
  return new ModelManagementError(
    'ENGINE_TIMEOUT',
    `${nameOf(target)} ran longer than ${limitMs} ms on this request; its process was ended and started again`,
    'Give the model less to do in one request, or raise `engine.requestTimeoutMs`.',
  );
}

export function crashed(target: ModelTarget, { why, words }: ChildEnd): ModelManagementError {
  return new ModelManagementError(
    'ENGINE_CRASHED',
    `${nameOf(target)}: the engine process ${words}; this request was in it both times it was tried`,
    why === 'memory'
      ? 'Send smaller inputs, or raise `engine.memoryLimitBytes`.'
      : 'This input ends the process: look at it, and at the model. Other requests go on.',
  );
}

export function keepsCrashing(target: ModelTarget, words: string, retryInMs: number): ModelManagementError {
  return new ModelManagementError(
    'MODEL_FAILED',
    `${nameOf(target)} keeps failing: ${withoutPaths(words, target)}`,
    `Deploy another version. This one is tried again in ${Math.ceil(Math.max(0, retryInMs) / 1000)} s.`,
  );
}

export function queueFull(target: ModelTarget): ModelManagementError {
  return new ModelManagementError(
    'QUEUE_FULL',
    `too many requests wait for ${nameOf(target)} already`,
    'Send fewer at a time, or use a faster model.',
  );
}

export function engineFull(maxProcesses: number): ModelManagementError {
  return new ModelManagementError(
    'ENGINE_FULL',
    `${maxProcesses} model versions are loaded and in use, as many as \`engine.maxProcesses\` allows`,
    'Remove nodes that use models no longer needed, or raise `engine.maxProcesses`.',
  );
}
