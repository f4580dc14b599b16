import type { Readable } from 'node:stream';
import type { Digest } from '../ids';

/** What comes in with the bytes of a new version. */
export interface VersionUpload {
  readonly body: Readable;
  /** `onnx` = the model file itself; `tar` = `model.onnx` and what belongs to it (see `receiveArchive`). */
  readonly kind: 'onnx' | 'tar';
  readonly description?: string;
  readonly aliases?: readonly string[];
  /** Makes the model if it does not exist. Default false. */
  readonly create?: boolean;
  /** Accepts files that already are a version of this model. Default false. */
  readonly allowDuplicate?: boolean;
  /** Of the body as sent. */
  readonly expectedDigest?: Digest;
  readonly signal: AbortSignal;
}
