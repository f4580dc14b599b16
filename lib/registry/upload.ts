import type { Readable } from 'node:stream';
import type { Digest, VersionNumber } from '../ids';

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
  /** Present for what a training run made. */
  readonly origin?: RunOrigin;
  readonly signal: AbortSignal;
}

/** Where a version comes from that no person uploaded. */
export interface RunOrigin {
  readonly runId: string;
  /** Of the same model: the version the run went on from. */
  readonly parentVersion?: VersionNumber;
  readonly lineage: Readonly<Record<string, unknown>>;
  /** What the version says of itself where its file does not. */
  readonly inherited: { readonly labels?: readonly string[]; readonly features?: readonly string[] };
}
