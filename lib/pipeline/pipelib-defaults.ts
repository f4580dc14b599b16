import { joinDefaults } from './join-defaults';

/** The stored configuration of a `pipelib` as a new node has it: what an omitted key stands for. */
export const pipelibDefaults = {
  configVersion: 1,
  library: '',
  timeoutMs: 5_000,
  parentIds: [],
  join: joinDefaults,
} as const;
