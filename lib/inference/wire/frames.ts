import type { Tensor } from '../tensor';

/*
 * Binary frames between Node-RED and an engine process; all numbers little-endian.
 *
 *   frame    := u32 length of the payload · payload
 *   payload  := u8 kind · u8 0 · u16 count · what the kind says
 *   requests (1) := count × request
 *   answers  (2) := count × answer
 *   batch    (3) := u16 fetch count · u16 tensor count · count × (u32 id · u32 rows) · u16 output index … · tensor …
 *   results  (4) := u16 0 · u16 tensor count · count × (u32 id · u32 rows) · f64 run time in ms · tensor …
 *   request  := u32 id · u16 fetch count (0 = every output) · u16 tensor count · u16 output index … · tensor …
 *   answer   := u32 id · u8 status (0 ok, 1 refused) · u8 0 · u16 tensor count
 *               ok:      f64 run time in ms · u32 requests that ran in the same call · tensor …
 *               refused: u32 byte length · message in UTF-8
 *   tensor   := u16 name index · u8 type code · u8 rank · rank × u32 dimension · u32 byte length
 *               · zero bytes up to the next multiple of 8 from the start of the payload · data
 *   data     := the elements as they lie in memory; strings each as u32 byte length · UTF-8
 *
 * Requests are run one by one, in their order, and answered each with its own status. A batch is run as one: its tensors
 * hold the rows of all its requests, one request after the other along dimension 0, and so do those of its results. A
 * batch that cannot be run as one is answered like single requests. Names travel as indices into the signature of the load handshake, so that they
 * stay opaque. Load, readiness and figures go over the ipc channel, never through here.
 */

/** Larger frames are refused on both sides before anything is allocated. */
export const MAX_FRAME_BYTES = 512 * 1024 * 1024;
export const HEADER_BYTES = 4;

/** `index` counts inputs in a request and outputs in an answer. */
export interface IndexedTensor {
  readonly index: number;
  readonly tensor: Tensor;
}

export interface RequestItem {
  readonly id: number;
  /** Output indices; empty = all. */
  readonly fetches: readonly number[];
  readonly tensors: readonly IndexedTensor[];
}

export type AnswerItem =
  | {
      readonly id: number;
      readonly status: 'ok';
      readonly durationMs: number;
      readonly batchSize: number;
      readonly tensors: readonly IndexedTensor[];
    }
  | { readonly id: number; readonly status: 'refused'; readonly message: string };

/** One request of a batch: so many rows of its tensors. */
export interface BatchEntry {
  readonly id: number;
  readonly rows: number;
}

export interface Batch {
  readonly kind: 'batch';
  readonly entries: readonly BatchEntry[];
  /** Of every request; empty = all. */
  readonly fetches: readonly number[];
  /** With the rows of all entries along dimension 0. */
  readonly tensors: readonly IndexedTensor[];
}

export interface BatchResults {
  readonly kind: 'results';
  readonly entries: readonly BatchEntry[];
  readonly durationMs: number;
  /** With the rows of all entries along dimension 0. */
  readonly tensors: readonly IndexedTensor[];
}

export type Frame =
  | { readonly kind: 'requests'; readonly items: readonly RequestItem[] }
  | { readonly kind: 'answers'; readonly items: readonly AnswerItem[] }
  | Batch
  | BatchResults;

/** The bytes are not a frame of this format: the stream is lost from here on. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** What a child says. */
export type AnswerFrame = Extract<Frame, { readonly kind: 'answers' | 'results' }>;
