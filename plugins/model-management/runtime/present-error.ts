import type { ErrorCode, ModelManagementError } from '../../../lib/errors';

type LogLevel = 'error' | 'warn' | 'debug';

/** A code without a row here does not compile. */
const PRESENTATION: Record<ErrorCode, { readonly httpStatus: number; readonly level: LogLevel }> = {
  INVALID_INPUT: { httpStatus: 400, level: 'debug' },
  INVALID_JSON: { httpStatus: 400, level: 'debug' },
  FORBIDDEN: { httpStatus: 403, level: 'warn' },
  FORBIDDEN_ORIGIN: { httpStatus: 403, level: 'warn' },
  CSRF: { httpStatus: 403, level: 'warn' },
  NOT_FOUND: { httpStatus: 404, level: 'debug' },
  MODEL_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  VERSION_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  ALIAS_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  MODEL_EXISTS: { httpStatus: 409, level: 'debug' },
  IN_USE: { httpStatus: 409, level: 'debug' },
  DUPLICATE_VERSION: { httpStatus: 409, level: 'debug' },
  DIGEST_MISMATCH: { httpStatus: 400, level: 'warn' },
  INVALID_MODEL: { httpStatus: 422, level: 'debug' },
  VERSION_UNUSABLE: { httpStatus: 422, level: 'warn' },
  SIGNATURE_CHANGED: { httpStatus: 409, level: 'debug' },
  ALIAS_MOVED: { httpStatus: 409, level: 'debug' },
  NOTHING_TO_ROLL_BACK: { httpStatus: 409, level: 'debug' },
  PAYLOAD_TOO_LARGE: { httpStatus: 413, level: 'debug' },
  MODEL_TOO_LARGE: { httpStatus: 413, level: 'debug' },
  PRECONDITION_FAILED: { httpStatus: 412, level: 'debug' },
  RANGE_NOT_SATISFIABLE: { httpStatus: 416, level: 'debug' },
  STORAGE_FULL: { httpStatus: 503, level: 'error' },
  STORAGE_CORRUPT: { httpStatus: 503, level: 'error' },
  STORAGE_FAILED: { httpStatus: 503, level: 'error' },
  DATA_DIR_LOCKED: { httpStatus: 503, level: 'debug' },
  DATA_TOO_NEW: { httpStatus: 503, level: 'debug' },
  BAD_SETTINGS: { httpStatus: 503, level: 'debug' },
  STOPPED: { httpStatus: 503, level: 'debug' },
  ENGINE_FULL: { httpStatus: 503, level: 'warn' },
  ENGINE_UNAVAILABLE: { httpStatus: 503, level: 'warn' },
  ENGINE_START_FAILED: { httpStatus: 503, level: 'error' },
  ENGINE_CRASHED: { httpStatus: 422, level: 'warn' },
  ENGINE_TIMEOUT: { httpStatus: 422, level: 'warn' },
  MODEL_FAILED: { httpStatus: 503, level: 'warn' },
  INFERENCE_FAILED: { httpStatus: 422, level: 'debug' },
  TIMEOUT: { httpStatus: 503, level: 'debug' },
  QUEUE_FULL: { httpStatus: 503, level: 'debug' },
  JOIN_TIMEOUT: { httpStatus: 503, level: 'debug' },
  JOIN_FULL: { httpStatus: 503, level: 'debug' },
  BAD_JOIN: { httpStatus: 422, level: 'debug' },
  LIBRARY_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  INVALID_LIBRARY: { httpStatus: 422, level: 'debug' },
  LIBRARY_FAILED: { httpStatus: 422, level: 'debug' },
  LIBRARY_MOVED: { httpStatus: 409, level: 'debug' },
  READ_ONLY: { httpStatus: 403, level: 'debug' },
  COLLECTION_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  COLLECTION_EXISTS: { httpStatus: 409, level: 'debug' },
  COLLECTIONS_UNAVAILABLE: { httpStatus: 503, level: 'warn' },
  INVALID_QUERY: { httpStatus: 400, level: 'debug' },
  QUERY_TIMEOUT: { httpStatus: 422, level: 'debug' },
  DATA_TOO_LARGE: { httpStatus: 413, level: 'debug' },
  SOURCE_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  SOURCE_UNAVAILABLE: { httpStatus: 503, level: 'warn' },
  JOB_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  JOB_EXISTS: { httpStatus: 409, level: 'debug' },
  JOB_INCOMPLETE: { httpStatus: 422, level: 'debug' },
  FILE_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  RUN_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  RUN_ACTIVE: { httpStatus: 409, level: 'debug' },
  RUN_CANCELLED: { httpStatus: 409, level: 'debug' },
  RUN_LOST: { httpStatus: 503, level: 'warn' },
  RUN_TIMEOUT: { httpStatus: 422, level: 'debug' },
  RUNNER_UNAVAILABLE: { httpStatus: 503, level: 'warn' },
  IMAGE_UNAVAILABLE: { httpStatus: 503, level: 'warn' },
  INSTALL_FAILED: { httpStatus: 422, level: 'debug' },
  SCRIPT_FAILED: { httpStatus: 422, level: 'debug' },
  OUT_OF_MEMORY: { httpStatus: 422, level: 'debug' },
  OUTPUT_MISSING: { httpStatus: 422, level: 'debug' },
  INVALID_METRIC: { httpStatus: 422, level: 'debug' },
  UNSAFE_OUTPUT: { httpStatus: 422, level: 'debug' },
  OUTPUT_TOO_LARGE: { httpStatus: 422, level: 'debug' },
  NO_NEW_DATA: { httpStatus: 409, level: 'debug' },
  PIPELINE_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  PIPELINE_NOT_PORTABLE: { httpStatus: 422, level: 'debug' },
  PIPELINE_NOT_ON_EDGE: { httpStatus: 404, level: 'debug' },
  REVISION_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  FLOW_ID_TAKEN: { httpStatus: 409, level: 'debug' },
  MISSING_NODE_TYPES: { httpStatus: 409, level: 'debug' },
  MISSING_MODULES: { httpStatus: 409, level: 'debug' },
  BROKER_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  TEST_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  FLOW_LOCKED: { httpStatus: 409, level: 'debug' },
  NOT_READY: { httpStatus: 503, level: 'debug' },
  FLOWS_CHANGED: { httpStatus: 409, level: 'debug' },
  FLOWS_NOT_RUNNING: { httpStatus: 409, level: 'debug' },
  DRY_RUN_REFUSED: { httpStatus: 409, level: 'debug' },
  HAS_EFFECTS: { httpStatus: 409, level: 'debug' },
  MANAGED_BY_HUB: { httpStatus: 409, level: 'debug' },
  VERSION_NOT_ON_EDGE: { httpStatus: 404, level: 'debug' },
  NOT_AN_EDGE: { httpStatus: 404, level: 'debug' },
  EDGE_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  EDGE_EXISTS: { httpStatus: 409, level: 'debug' },
  EDGE_UNAVAILABLE: { httpStatus: 409, level: 'debug' },
  ROLLOUT_NOT_FOUND: { httpStatus: 404, level: 'debug' },
  ROLLOUT_ACTIVE: { httpStatus: 409, level: 'debug' },
  ROLLOUT_STATE: { httpStatus: 409, level: 'debug' },
  BROKER_UNAVAILABLE: { httpStatus: 503, level: 'warn' },
  ABORTED: { httpStatus: 503, level: 'debug' },
  INTERNAL: { httpStatus: 500, level: 'error' },
};

export interface PresentedError {
  readonly httpStatus: number;
  readonly level: LogLevel;
  readonly body: {
    readonly error: {
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly usedBy?: unknown;
    };
  };
}

/** Enough for any sentence of ours; what a client sent is not sent back to it as a whole. */
const maxTextLength = 2_000;

function cut(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`;
}

/** How an error leaves over HTTP. An unexpected one shows no text of its own: that may hold a path or a secret. */
export function presentError(error: ModelManagementError): PresentedError {
  const { code, hint } = error;
  const message = code === 'INTERNAL' ? 'Something failed that should not have.' : cut(error.message);
  const details =
    error.details &&
    Object.fromEntries(
      Object.entries(error.details).map(([key, value]) => [key, typeof value === 'string' ? cut(value) : value]),
    );
  const usedBy = details?.['usedBy'];
  return {
    ...PRESENTATION[code],
    body: {
      error: { code, message, hint, ...(details ? { details } : {}), ...(usedBy === undefined ? {} : { usedBy }) },
    },
  };
}
