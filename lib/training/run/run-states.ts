export const activeStates = ['queued', 'preparing', 'installing', 'training', 'collecting'] as const;
export const finalStates = ['succeeded', 'failed', 'cancelled', 'timed_out', 'skipped', 'lost'] as const;
export const runStates = [...activeStates, ...finalStates] as const;
export type RunState = (typeof runStates)[number];
export type FinalState = (typeof finalStates)[number];

export const isFinal = (state: RunState): state is FinalState => finalStates.some((final) => final === state);
