export type { TrialAnswer, TrialLine } from '../../../../lib/pipeline/library/trial';
export type {
  Library,
  LibraryError,
  LibraryRevision,
  LibraryRevisionWithSource,
  LibraryWithSource,
} from '../../../../lib/pipeline/library/types';
