/** The stored property `join` as a new node has it: what an omitted key stands for. */
export const joinDefaults = {
  mode: 'all',
  key: 'msgid',
  property: '',
  parentKeys: 'id',
  parents: [],
  timeoutMs: 30_000,
  optionalWaitMs: 1_000,
  maxWaiting: 1_000,
  keepParents: false,
} as const;
