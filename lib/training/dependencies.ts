import type { Clock } from '../clock';
import type { Collections, SourceLookup } from '../collections';
import type { Log } from '../log';
import type { Registry } from '../registry';
import type { BlobStore, DocumentStore, Secrets } from '../store';
import type { TrainingEdges } from './edges';
import type { JobDocument, JobFields } from './job';
import type { RunDocument } from './run/run-document';
import type { Runner } from './runners/runner';

/** How many and how long runs leave what they made; absent = for ever. */
export interface RunRetention {
  readonly maxRunsPerJob?: number | undefined;
  readonly maxAgeMs?: number | undefined;
}

export interface TrainingDeps {
  readonly documents: {
    readonly jobs: Pick<DocumentStore<JobDocument>, 'get' | 'all' | 'put' | 'delete'>;
    readonly runs: Pick<DocumentStore<RunDocument>, 'get' | 'all' | 'put' | 'delete'>;
  };
  readonly registry: Pick<Registry, 'findModel' | 'getModel' | 'findVersion' | 'addVersion' | 'setAlias' | 'onChange'>;
  readonly collections: Pick<Collections, 'export' | 'count' | 'list'>;
  readonly sources: Pick<SourceLookup, 'names'>;
  readonly blobs: Pick<BlobStore, 'put' | 'pathOf'>;
  /** Makes it when it is asked for first. */
  readonly runnerOf: (kind: JobFields['runner']) => Promise<Runner>;
  readonly edges: TrainingEdges;
  readonly secrets: Pick<Secrets, 'encrypt' | 'decrypt'>;
  /** Each run has a folder of its own in it. */
  readonly runsPath: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxConcurrentRuns: number;
  readonly defaultImage: string;
  readonly retention: RunRetention;
  /** On an edge: what there is of jobs and runs rests, untouched, until this Node-RED is a hub again. */
  readonly isResting?: boolean;
}
