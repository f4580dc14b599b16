export { RevisionDocument } from './documents';
export { Libraries, type LibrariesDeps, librariesSlot } from './libraries';
export { LibraryLink, type LinkState } from './library-link';
export { type LibraryJob, LibraryRunner } from './library-runner';
export type {
  Library,
  LibraryChange,
  LibraryError,
  LibraryRevision,
  LibraryRevisionWithSource,
  LibraryWithSource,
} from './types';
