import type { ErrorCode } from '../../lib/errors';
import type { Route, RouteState } from '../../lib/inference/route';

export interface NodeStatus {
  readonly fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey';
  readonly shape: 'ring' | 'dot';
  readonly text: string;
}

export interface StatusFacts {
  readonly route: Pick<Route, 'kind' | 'model' | 'ref'>;
  readonly state: RouteState;
  /** Answers in the last second. */
  readonly perSecond: number;
  /** The last message failed. */
  readonly isFailing: boolean;
  /** Parents whose results are joined; 0 = every message runs by itself. */
  readonly joinedCount: number;
  /** The parent that a round waits for, while nothing is answered. */
  readonly waitsFor: string | undefined;
  /** They cannot be joined: every message is refused. */
  readonly isBadJoin: boolean;
}

/** The editor cuts longer texts off. */
const maxTextLength = 20;

const failureTexts: Partial<Record<ErrorCode, string>> = {
  DATA_DIR_LOCKED: 'data folder in use',
  DATA_TOO_NEW: 'data is newer',
  BAD_SETTINGS: 'bad settings.js',
  STORAGE_CORRUPT: 'data damaged',
  STORAGE_FULL: 'disk full',
  ENGINE_UNAVAILABLE: 'no ONNX runtime',
  ENGINE_FULL: 'too many models',
  VERSION_UNUSABLE: 'does not load',
  INVALID_MODEL: 'bad model file',
  MODEL_TOO_LARGE: 'model too large',
  INVALID_INPUT: 'bad configuration',
};

function cut(text: string): string {
  return text.length < maxTextLength ? text : `${text.slice(0, maxTextLength - 2)}…`;
}

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

function rateText(perSecond: number): string {
  return perSecond < 1_000 ? `${perSecond}/s` : `${(perSecond / 1_000).toFixed(1)}k/s`;
}

/** What stands under the node: shape and words tell the state, the colour only repeats it. */
export function statusOf(facts: StatusFacts): NodeStatus {
  const { route, state, perSecond, isFailing, joinedCount, waitsFor, isBadJoin } = facts;
  if (isBadJoin) return { fill: 'red', shape: 'ring', text: 'bad join' };
  switch (state.status) {
    case 'missing':
      return { fill: 'red', shape: 'ring', text: cut(missingText(route)) };
    case 'loading':
      return { fill: 'yellow', shape: 'ring', text: cut(loadingText(route, state.version)) };
    case 'failed':
      return {
        fill: 'red',
        shape: 'ring',
        text: cut(failureTexts[state.error.code] ?? state.error.code.toLowerCase().replace(/_/g, ' ')),
      };
    case 'serving': {
      const own = versionText(state.served.version);
      if (state.next?.status === 'failed') return { fill: 'yellow', shape: 'ring', text: cut(`${own} · swap failed`) };
      if (state.next)
        return { fill: 'yellow', shape: 'dot', text: cut(`${own} · ${versionText(state.next.version)} loads`) };
      if (isFailing) return { fill: 'red', shape: 'dot', text: cut(`${own} · error`) };
      if (waitsFor !== undefined) return { fill: 'blue', shape: 'ring', text: cut(`waits: ${waitsFor}`) };
      const parts = [own, joinedCount > 0 ? `joins ${joinedCount}` : '', perSecond > 0 ? rateText(perSecond) : ''];
      return { fill: 'green', shape: 'dot', text: cut(parts.filter(Boolean).join(' · ')) };
    }
  }
}
