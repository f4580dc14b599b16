/**
 * Every failure this package reports, by one of these codes. `plugins/…/present-error.ts` maps each to an HTTP
 * status, a node status and a log level; a new code does not compile until it has a row there.
 */
export const errorCodes = [
  'INVALID_INPUT',
  'INVALID_JSON',
  'FORBIDDEN',
  'FORBIDDEN_ORIGIN',
  'CSRF',
  'NOT_FOUND',
  'MODEL_NOT_FOUND',
  'VERSION_NOT_FOUND',
  'ALIAS_NOT_FOUND',
  'MODEL_EXISTS',
  'IN_USE',
  'DUPLICATE_VERSION',
  'DIGEST_MISMATCH',
  'INVALID_MODEL',
  'VERSION_UNUSABLE',
  'SIGNATURE_CHANGED',
  'ALIAS_MOVED',
  'NOTHING_TO_ROLL_BACK',
  'PAYLOAD_TOO_LARGE',
  'MODEL_TOO_LARGE',
  'PRECONDITION_FAILED',
  'RANGE_NOT_SATISFIABLE',
  'STORAGE_FULL',
  'STORAGE_CORRUPT',
  'STORAGE_FAILED',
  'DATA_DIR_LOCKED',
  'DATA_TOO_NEW',
  'BAD_SETTINGS',
  'STOPPED',
  'ENGINE_FULL',
  'ENGINE_UNAVAILABLE',
  'ENGINE_START_FAILED',
  'ENGINE_CRASHED',
  'ENGINE_TIMEOUT',
  'MODEL_FAILED',
  'INFERENCE_FAILED',
  'TIMEOUT',
  'QUEUE_FULL',
  'JOIN_TIMEOUT',
  'JOIN_FULL',
  'BAD_JOIN',
  'LIBRARY_NOT_FOUND',
  'INVALID_LIBRARY',
  'LIBRARY_FAILED',
  'LIBRARY_MOVED',
  'READ_ONLY',
  'COLLECTION_NOT_FOUND',
  'COLLECTION_EXISTS',
  'COLLECTIONS_UNAVAILABLE',
  'INVALID_QUERY',
  'QUERY_TIMEOUT',
  'DATA_TOO_LARGE',
  'SOURCE_NOT_FOUND',
  'SOURCE_UNAVAILABLE',
  'JOB_NOT_FOUND',
  'JOB_EXISTS',
  'JOB_INCOMPLETE',
  'FILE_NOT_FOUND',
  'RUN_NOT_FOUND',
  'RUN_ACTIVE',
  'RUN_CANCELLED',
  'RUN_LOST',
  'RUN_TIMEOUT',
  'RUNNER_UNAVAILABLE',
  'IMAGE_UNAVAILABLE',
  'INSTALL_FAILED',
  'SCRIPT_FAILED',
  'OUT_OF_MEMORY',
  'OUTPUT_MISSING',
  'INVALID_METRIC',
  'UNSAFE_OUTPUT',
  'OUTPUT_TOO_LARGE',
  'NO_NEW_DATA',
  'PIPELINE_NOT_FOUND',
  'PIPELINE_NOT_PORTABLE',
  'PIPELINE_NOT_ON_EDGE',
  'REVISION_NOT_FOUND',
  'FLOW_ID_TAKEN',
  'MISSING_NODE_TYPES',
  'MISSING_MODULES',
  'BROKER_NOT_FOUND',
  'TEST_NOT_FOUND',
  'FLOW_LOCKED',
  'NOT_READY',
  'FLOWS_CHANGED',
  'FLOWS_NOT_RUNNING',
  'DRY_RUN_REFUSED',
  'HAS_EFFECTS',
  'MANAGED_BY_HUB',
  'NOT_AN_EDGE',
  'VERSION_NOT_ON_EDGE',
  'EDGE_NOT_FOUND',
  'EDGE_EXISTS',
  'EDGE_UNAVAILABLE',
  'ROLLOUT_NOT_FOUND',
  'ROLLOUT_ACTIVE',
  'ROLLOUT_STATE',
  'BROKER_UNAVAILABLE',
  'ABORTED',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

const BRAND = Symbol.for('model-management.error');

export interface ErrorExtras extends ErrorOptions {
  /** Fields a program may act on: `field` of a bad input, `usedBy` of `IN_USE`, `differences` of `SIGNATURE_CHANGED`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of the package. `message` says what was expected and what came; `hint` tells the person at the
 * screen what to do. Neither ever holds a secret or a path outside the data folder.
 */
export class ModelManagementError extends Error {
  readonly [BRAND] = true;
  readonly details?: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly hint: string,
    extras: ErrorExtras = {},
  ) {
    super(message, extras);
    this.name = 'ModelManagementError';
    if (extras.details) this.details = extras.details;
  }

  /** What Node-RED logs and puts into `msg.error.message`: words for the author of the flow. */
  override toString(): string {
    return `${this.message} ${this.hint}`;
  }

  /** True for errors of any loaded copy of this package (Node-RED may hold two). */
  static is(error: unknown): error is ModelManagementError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** The error itself when it is ours, else `INTERNAL` with it as the cause. */
export function asModelManagementError(error: unknown): ModelManagementError {
  if (ModelManagementError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ModelManagementError(
    'INTERNAL',
    message,
    'This is a defect: please report it with the log lines around it.',
    {
      cause: error,
    },
  );
}

/** `INVALID_INPUT` naming the field, for the parsers at the door. */
export function invalidInput(field: string, message: string, hint: string): ModelManagementError {
  return new ModelManagementError('INVALID_INPUT', message, hint, { details: { field } });
}
