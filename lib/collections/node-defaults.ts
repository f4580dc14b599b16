/** The stored configuration of a `model-collection` as a new node has it: what an omitted key stands for. */
export const collectionNodeDefaults = { configVersion: 1, collection: '', mode: 'insert', query: '' } as const;
