export {
  type BlobInfo,
  type BlobLease,
  type BlobPutOptions,
  type BlobStore,
  type BlobStoreOptions,
  type GarbageOptions,
  type GarbageReport,
  openBlobStore,
} from './blob-store';
export { type DataFolder, type DataFolderOptions, openDataFolder } from './data-folder';
export { type DocumentStore, type DocumentStoreOptions, openDocumentStore } from './document-store';
export { Secrets } from './secrets';
