import type { RuntimeChoice } from '../engine';
import type { RuntimeKind } from '../wire/control-messages';
import { loadNativeRuntime } from './native-runtime';
import type { InferenceRuntime } from './runtime';
import { loadWasmRuntime } from './wasm-runtime';

export interface ChosenRuntime {
  readonly kind: RuntimeKind;
  readonly runtime: InferenceRuntime;
  /** Why it is not the native one, though that would have been taken. */
  readonly reason: string | null;
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
const nativeFailure = (error: unknown): string => `onnxruntime-node could not be loaded: ${firstLine(error)}`;
const wasmFailure = (error: unknown): string => `the runtime in WebAssembly could not be loaded: ${firstLine(error)}`;

/**
 * Loads the native runtime, and where that does not load the one in WebAssembly.
 * @param searchPaths - see `loadNativeRuntime`
 * @throws {Error} nothing that was asked for loads, and why
 */
export function chooseRuntime(choice: RuntimeChoice, searchPaths: readonly string[]): ChosenRuntime {
  const reasons: string[] = [];
  if (choice !== 'wasm') {
    try {
      return { kind: 'native', runtime: loadNativeRuntime(searchPaths), reason: null };
    } catch (error) {
      reasons.push(nativeFailure(error));
    }
  }
  if (choice !== 'native') {
    try {
      return { kind: 'wasm', runtime: loadWasmRuntime(), reason: reasons[0] ?? null };
    } catch (error) {
      reasons.push(wasmFailure(error));
    }
  }
  throw new Error(reasons.join('; '));
}
