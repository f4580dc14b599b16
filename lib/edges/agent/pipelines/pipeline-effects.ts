import type { Digest } from '../../../ids';
import type { DesiredFile } from '../../protocol/documents';
import type { DesiredLibrary, DesiredPipeline, PipelinePart, PipelineStatus } from '../../protocol/pipeline-documents';

/** What an agent does for pipelines to its Node-RED. Each can be done again. Codes and messages of failures go to the hub. */
export interface PipelineEffects {
  /** Changes when what is placed from now on would differ: name and broker of the edge. */
  readonly surroundings: string;
  /** Brings a file to the disk, whole and verified. */
  fetch(file: DesiredFile, signal: AbortSignal): Promise<void>;
  /** True when the file is whole on the disk. */
  isPresent(digest: Digest): Promise<boolean>;
  /** The library answers with this source. @throws {ModelManagementError} `INVALID_LIBRARY` */
  provide(library: DesiredLibrary): Promise<void>;
  /** The edge's own library of that name answers again, if there is one. */
  withdraw(name: string): Promise<void>;
  /**
   * Looks whether it can be placed; changes nothing.
   * @param isClaimed - the tab of that id is the hub's already
   * @throws {ModelManagementError} `MISSING_NODE_TYPES`, `BROKER_NOT_FOUND`, `FLOW_ID_TAKEN`; `STORAGE_CORRUPT` when its file cannot be read
   */
  check(target: DesiredPipeline, isClaimed: boolean): Promise<void>;
  /** Its tab stands in the flows as it is wanted; nothing else of them changes. @throws as {@link check}; as `FlowAdapter.deploy` */
  place(target: DesiredPipeline, isClaimed: boolean): Promise<void>;
  /** A tab of that id stands in the flows. */
  isThere(id: string): boolean;
  remove(id: string): Promise<void>;
  areFlowsReady(): boolean;
  /** True when the tab does not stand in the flows as it was placed. */
  isChanged(target: DesiredPipeline): boolean;
  status(id: string): PipelineStatus | undefined;
  restart(id: string): Promise<void>;
  /** @returns the id of the run */
  test(id: string, input: unknown): string | Promise<string>;
  /** What is known of it, newest first where it is a list; the later ones are left out where it would not travel. */
  read(id: string, what: PipelinePart, runId: string | undefined): unknown;
  /** Flows were started or changed, or a pipeline did something. @returns ends it */
  onChange(listener: () => void): () => void;
}
