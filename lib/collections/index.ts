export {
  type CollectionChange,
  Collections,
  type CollectionUse,
  type CollectionView,
  collectionsSlot,
} from './collections';
export { COLLECTION_NAME, isCollectionName } from './names';
export { parameterNames, parametersOf } from './query-parameters';
export { type DataSource, LOCAL_SOURCE, type SourceSummary } from './sources';
export { readsCollection } from './sql/read-query';
export type { Collection, DataFile, DataRequest, DataWindow, InsertResult, QueryRows, Row, Watermark } from './types';
