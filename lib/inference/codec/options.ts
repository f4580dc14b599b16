/** How one node or request wants values converted. */
export interface CodecOptions {
  /** Names that make objects into rows, in the model's order; default none. */
  readonly features?: readonly string[];
  /** Which outputs: the first (default), all by name, or the named ones by name. */
  readonly result?: { readonly mode: 'first' | 'all' | 'named'; readonly names?: readonly string[] };
  /** `nested` arrays (default), `{type, dims, data}`, or `{label, score}` per row. */
  readonly format?: 'nested' | 'tensor' | 'label';
  /** For `label`: how many of the best (default 1; more make a list per row), scores through softmax (default no). */
  readonly label?: { readonly topK?: number; readonly softmax?: boolean };
  /** Class names by index; an index without a name is its own label. */
  readonly labels?: readonly string[];
}
