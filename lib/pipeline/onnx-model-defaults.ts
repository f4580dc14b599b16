import { joinDefaults } from './join-defaults';

/** The stored configuration of an `onnx-model` as a new node has it: what an omitted key stands for. */
export const onnxModelDefaults = {
  configVersion: 1,
  source: 'registry',
  model: '',
  file: '',
  version: 'deployed',
  features: [],
  inputMap: [],
  result: { mode: 'first', names: [] },
  format: 'nested',
  label: { topK: 1, softmax: false },
  timeoutMs: 30_000,
  queue: { max: 1_000, overflow: 'error' },
  parentIds: [],
  join: joinDefaults,
} as const;
