/** What differs from the original, or what is left to do; the words are in the warning's `message`. */
export type ImportWarningCode =
  | 'WAS_STOPPED'
  | 'NAME_CHANGED'
  | 'NO_INBOUND'
  | 'SEVERAL_INBOUNDS'
  | 'UNKNOWN_STEP'
  | 'ONE_SIDED_EDGE'
  | 'TAKES_NO_PARENTS'
  | 'NO_PARENTS'
  | 'UNREACHABLE'
  | 'CYCLE'
  | 'PUBLISHED_AN_ARRAY'
  | 'PUBLISH_WITH_CHILDREN'
  | 'WAITS_FOR_A_MESSAGE'
  | 'SUBSCRIPTION_WITHOUT_PARENTS'
  | 'MODEL_WITH_SEVERAL_PARENTS'
  | 'MODEL_UNNAMED'
  | 'MODEL_RENAMED'
  | 'FEATURES_MISSING'
  | 'LIBRARY_UNNAMED'
  | 'LIBRARY_RENAMED'
  | 'BAD_TOPIC'
  | 'PLATFORM_TOPIC'
  | 'MOVED'
  | 'MODEL_MISSING'
  | 'LIBRARY_MISSING'
  | 'MODEL_FILE'
  | 'JOB_FILES'
  | 'JOB_NOT_CREATED'
  | 'JOB_FIELD'
  | 'MORE';

/** A sentence for whoever imports; tells to which row it belongs. */
export interface ImportWarning {
  readonly code: ImportWarningCode;
  readonly message: string;
  /** Name of the row as the original has it. */
  readonly pipeline?: string;
  /** Id of the step in the original. */
  readonly step?: string;
  readonly model?: string;
  readonly library?: string;
  readonly job?: string;
}
