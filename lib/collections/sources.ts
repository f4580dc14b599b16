import { ModelManagementError } from '../errors';
import type { Connection } from './child/protocol';

/** The collections of this Node-RED. */
export const LOCAL_SOURCE = 'local';

/** A database beside ours that queries may read; `options` are those of the npm package pg. */
export interface PostgresSource {
  readonly kind: 'postgres';
  readonly options: Readonly<Record<string, unknown>>;
  /** The column that "new data only" goes by; default `created`. */
  readonly watermarkColumn?: string | undefined;
  /** Of one statement; default 30 s for a preview, 10 min for a run. */
  readonly timeoutMs?: number | undefined;
}

export type DataSource = PostgresSource;

/** What a list of sources shows: never how one logs in. */
export interface SourceSummary {
  readonly name: string;
  readonly kind: 'collections' | DataSource['kind'];
}

/** @throws {ModelManagementError} `SOURCE_NOT_FOUND` */
export function connectionOf(
  name: string,
  sources: Readonly<Record<string, DataSource>>,
  path: string,
  timeoutMs: number,
): Connection {
  if (name === LOCAL_SOURCE || name === 'edge') return { kind: 'sqlite', path };
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source) {
    const { options, watermarkColumn = 'created' } = source;
    return { kind: 'postgres', name, options, watermarkColumn, timeoutMs: source.timeoutMs ?? timeoutMs };
  }
  throw new ModelManagementError(
    'SOURCE_NOT_FOUND',
    `There is no data source named ${JSON.stringify(name.slice(0, 80))}.`,
    `Use ${[LOCAL_SOURCE, ...Object.keys(sources)].join(', ')}, or add it to modelManagement.sources in settings.js.`,
  );
}
