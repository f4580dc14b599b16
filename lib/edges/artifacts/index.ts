export { blobArtifacts, fileArtifact } from './blob-artifacts';
export {
  type Artifact,
  ArtifactFetcher,
  type ArtifactFetcherOptions,
  type CollectReport,
  type FetcherSettings,
  type FetchOptions,
  type FetchProgress,
  fetcherDefaults,
} from './fetcher';
export type { SignManifest, VerifyManifest } from './manifest';
export type { ArtifactSource, OpenArtifact } from './offered-artifact';
export { ArtifactPatience, isAbsent } from './patience';
export {
  ArtifactPublisher,
  type ArtifactPublisherOptions,
  type PublisherFigures,
  type PublisherSettings,
  publisherDefaults,
} from './publisher';
export { StorageBudget } from './storage-budget';
