export {
  type CollectionChange,
  Collections,
  type CollectionsDeps,
  type CollectionView,
  collectionsSlot,
} from './collections';
export { COLLECTION_NAME, isCollectionName, SOURCE_NAME } from './names';
export { parameterNames, parametersOf } from './query-parameters';
export type { RowPage } from './row-page';
export { SourceDocument } from './source-document';
export { type DataSource, LOCAL_SOURCE, type SourceLookup, Sources, type SourceView } from './sources';
export { readsCollection } from './sql/read-query';
export type {
  Collection,
  DataFile,
  DataRequest,
  DataWindow,
  InsertResult,
  QueryCount,
  QueryRows,
  Row,
  RowBounds,
  Watermark,
} from './types';
export type { CollectionUse } from './usage';
