export { RevisionDocument } from './documents';
export { Libraries, type LibrariesDeps, librariesSlot } from './libraries';
export type {
  Library,
  LibraryChange,
  LibraryError,
  LibraryRevision,
  LibraryRevisionWithSource,
  LibraryWithSource,
} from './types';
