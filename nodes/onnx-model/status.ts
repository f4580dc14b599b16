import type { ErrorCode } from '../../lib/errors';
import type { Route, RouteState } from '../../lib/inference/route';
import {
  cutStatus,
  failureText,
  type NodeStatus,
  type WorkFacts,
  workingStatus,
} from '../../lib/pipeline/node/node-status';

export interface StatusFacts extends WorkFacts {
  readonly route: Pick<Route, 'kind' | 'model' | 'ref'>;
  readonly state: RouteState;
}

const failureTexts: Partial<Record<ErrorCode, string>> = {
  ENGINE_UNAVAILABLE: 'no ONNX runtime',
  ENGINE_FULL: 'too many models',
  VERSION_UNUSABLE: 'does not load',
  INVALID_MODEL: 'bad model file',
  MODEL_TOO_LARGE: 'model too large',
};

function loadingText({ kind }: StatusFacts['route'], version: number | null): string {
  return version === null && kind === 'model' ? 'loading' : `loading ${versionText(version)}`;
}

function versionText(version: number | null): string {
  return version === null ? 'file' : `v${version}`;
}

function missingText({ kind, model, ref }: StatusFacts['route']): string {
  if (kind === 'file') return model === '' ? 'no file chosen' : 'no model file';
  if (model === '') return 'no model chosen';
  if (ref === 'deployed') return `no model ${model}`;
  return /^\d+$/.test(ref) ? `no ${model} v${ref}` : `no ${model} ${ref}`;
}

/** What stands under the node: shape and words tell the state, the colour only repeats it. */
export function statusOf(facts: StatusFacts): NodeStatus {
  const { route, state, isFailing } = facts;
  switch (state.status) {
    case 'missing':
      return { fill: 'red', shape: 'ring', text: cutStatus(missingText(route)) };
    case 'loading':
      return { fill: 'yellow', shape: 'ring', text: cutStatus(loadingText(route, state.version)) };
    case 'failed':
      return {
        fill: 'red',
        shape: 'ring',
        text: cutStatus(failureText(state.error.code, failureTexts)),
      };
    case 'serving': {
      const own = versionText(state.served.version);
      if (state.next?.status === 'failed')
        return { fill: 'yellow', shape: 'ring', text: cutStatus(`${own} · swap failed`) };
      if (state.next)
        return { fill: 'yellow', shape: 'dot', text: cutStatus(`${own} · ${versionText(state.next.version)} loads`) };
      if (isFailing) return { fill: 'red', shape: 'dot', text: cutStatus(`${own} · error`) };
      return workingStatus(facts, own, own);
    }
  }
}
