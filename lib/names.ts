/** What a model may be called; compared without regard to case, kept as first written. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** What an alias may be called; never a number. */
export const ALIAS_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,62}$/;

/** The name of a model as it is compared. */
export const modelKey = (name: string): string => name.toLowerCase();

export const isModelName = (text: string): boolean => MODEL_NAME.test(text);
export const isAliasName = (text: string): boolean => ALIAS_NAME.test(text);

/** The hub itself, among its edges. It cannot be made, enrolled or deleted. */
export const LOCAL_EDGE = 'local';
