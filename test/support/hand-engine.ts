import { type ErrorCode, ModelManagementError } from '../../lib/errors';
import { Digest, ModelName, VersionNumber } from '../../lib/ids';
import type { Engine, LoadedModel, ModelTarget } from '../../lib/inference/engine';
import type { ModelSource } from '../../lib/inference/served-version';

/** A load under way, which the test ends itself. Only the first call counts. */
export interface HandLoad {
  readonly target: ModelTarget;
  succeed(): void;
  fail(code: ErrorCode): void;
}

/** Each lease ever given, and how often it was given back. */
export interface HandLease {
  readonly version: number | null;
  releaseCount: number;
  /** As the last release said; undefined = the engine's own time. */
  keepMs: number | undefined;
}

function refusal(code: ErrorCode): ModelManagementError {
  return new ModelManagementError(code, `refused with ${code}`, 'none');
}

/**
 * An engine whose loads end when the test says so, in any order, and which keeps book of its leases. With `isDeaf` it
 * answers a load even when the caller gave it up, as an engine may that was about to answer.
 */
export class HandEngine implements Engine {
  readonly loads: HandLoad[] = [];
  readonly leases: HandLease[] = [];
  isDeaf = false;

  load(target: ModelTarget, signal?: AbortSignal): Promise<LoadedModel> {
    return new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        const index = this.loads.indexOf(load);
        if (index < 0) return;
        this.loads.splice(index, 1);
        act();
      };
      const load: HandLoad = {
        target,
        succeed: () => end(() => resolve(this.lease(target))),
        fail: (code) => end(() => reject(refusal(code))),
      };
      this.loads.push(load);
      if (!this.isDeaf) signal?.addEventListener('abort', () => load.fail('ABORTED'));
    });
  }

  get heldVersions(): (number | null)[] {
    return this.leases.filter(({ releaseCount }) => releaseCount === 0).map(({ version }) => version);
  }

  isHeld(loaded: LoadedModel): boolean {
    return this.leaseOf.get(loaded)?.releaseCount === 0;
  }

  activity = () => [];

  probe = () => Promise.reject(refusal('ENGINE_UNAVAILABLE'));
  stats = () => Promise.resolve({ kind: 'none' as const, version: null, models: [] });
  close = () => Promise.resolve();

  private readonly leaseOf = new WeakMap<LoadedModel, HandLease>();

  private lease(target: ModelTarget): LoadedModel {
    const lease: HandLease = { version: target.version, releaseCount: 0, keepMs: undefined };
    const loaded: LoadedModel = {
      target,
      signature: { inputs: [], outputs: [] },
      start: () => {
        throw refusal('INFERENCE_FAILED');
      },
      run: () => Promise.reject(refusal('INFERENCE_FAILED')),
      release: (keepMs) => {
        lease.releaseCount += 1;
        lease.keepMs = keepMs;
      },
    };
    this.leases.push(lease);
    this.leaseOf.set(loaded, lease);
    return loaded;
  }
}

/** A version of the model `m`, each with a digest of its own. */
export function aSource(version: number, extras: Partial<ModelSource> = {}): ModelSource {
  return {
    model: ModelName.parse('m'),
    version: VersionNumber.parse(version),
    digest: Digest.parse(`sha256:${String(version).padStart(64, '0')}`),
    modelPath: `m-${version}.onnx`,
    signature: { inputs: [], outputs: [] },
    ...extras,
  };
}
