import type { Digest, ModelName, VersionNumber } from '../ids';
import type { Signature } from '../registry/signature';
import type { LoadedModel } from './engine';

/** What a node or a request needs to know of a version before it is loaded. */
export interface ModelSource {
  /** The registry's name, or the path of a file as the user wrote it. */
  readonly model: ModelName | string;
  /** null for a file. */
  readonly version: VersionNumber | null;
  readonly digest: Digest;
  readonly modelPath: string;
  readonly preprocessingPath?: string;
  /** As parsed from the file (it tells an unknown rank from a scalar), preprocessing included. */
  readonly signature: Signature;
  readonly labels?: readonly string[];
  readonly features?: readonly string[];
}

/** A version that is loaded, warm and leased. */
export interface ServedVersion extends ModelSource {
  readonly loaded: LoadedModel;
}
