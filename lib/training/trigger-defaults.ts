/** The stored configuration of a `retrain-trigger` as a new node has it: what an omitted key stands for. */
export const triggerDefaults = {
  configVersion: 1,
  job: '',
  mode: 'message',
  count: 1,
  property: 'payload',
  operator: '<',
  limit: 0,
  forMessages: 1,
  minIntervalMs: 0,
} as const;
