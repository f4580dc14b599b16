import type { Client, ClientConfig, QueryResult } from 'pg';
import { ModelManagementError } from '../../errors';
import { quoteName } from '../names';
import { counted, mentions, parseReadQuery, type ReadQuery, refuseQualified, withExpressions } from '../sql/read-query';
import { invalidQuery } from '../sql/tokens';
import type { DataFile, DataRequest, DataWindow, QueryCount, QueryRows, Watermark } from '../types';
import { JsonArrayFile } from './json-array-file';
import { CONNECT_TIMEOUT_MS, type Connection } from './protocol';
import { QueryAnswer } from './query-answer';
import { notInQuery } from './sqlite-reader';

type PostgresConnection = Extract<Connection, { kind: 'postgres' }>;

interface Session {
  readonly client: Client;
  /** Of the server: nothing that is still under way can bring a row of this time or before. */
  readonly settledAt: string;
  /** False = the user may not see when transactions of others began. */
  readonly isSettled: boolean;
}

const BATCH_ROWS = 1_000;
/** Of columns whose order is that of time, by the server's own clock. */
const TIME_TYPES = new Set(['timestamp with time zone', 'timestamp without time zone', 'date']);

/**
 * Reads from a PostgreSQL server. Each question has a connection of its own and is one read-only transaction that sees
 * one state of the data and has a time limit. The server makes the JSON, so nothing is rounded on the way.
 */
export class PostgresReader {
  constructor(private readonly connection: PostgresConnection) {}

  query(
    sql: string,
    parameters: Readonly<Record<string, unknown>>,
    limits: { readonly limit: number; readonly maxBytes: number },
  ): Promise<QueryRows> {
    const query = parseReadQuery(sql, 'postgres', Object.keys(parameters).length > 0);
    return this.#inTransaction(async ({ client }) => {
      await declare(client, query.text, []);
      const answer = new QueryAnswer(await columnNames(client, query.text), limits);
      for await (const json of rowsOf(client)) if (!answer.add(json)) break;
      return answer.result();
    });
  }

  export(request: DataRequest, path: string, maxBytes: number): Promise<DataFile> {
    const query = parseReadQuery(request.query, 'postgres');
    return this.#inTransaction(async (session) => {
      const { client } = session;
      const { sql, values, windows } = await this.#windowed(session, query, request);
      await declare(client, sql, values);
      const file = new JsonArrayFile(path, maxBytes);
      try {
        for await (const json of rowsOf(client)) file.add(json);
        return { ...file.finish(), windows };
      } finally {
        file.close();
      }
    });
  }

  count(request: DataRequest): Promise<QueryCount> {
    const query = parseReadQuery(request.query, 'postgres');
    return this.#inTransaction(async (session) => {
      const rowsOf = async (text: string, values: readonly string[]): Promise<number> => {
        const { rows } = await session.client.query<{ rows: string }>(counted(text), [...values]);
        return Number(rows[0]?.rows);
      };
      const rows = await rowsOf(query.text, []);
      if (request.newData.length === 0) return { rows, newRows: rows };
      const { sql, values } = await this.#windowed(session, query, request);
      return { rows, newRows: await rowsOf(sql, values) };
    });
  }

  /** The query over what is new alone, with the values that bound it. */
  async #windowed(
    session: Session,
    query: ReadQuery,
    request: DataRequest,
  ): Promise<{ readonly sql: string; readonly values: readonly string[]; readonly windows: readonly DataWindow[] }> {
    if (request.newData.length > 0 && request.lagMs === 0 && !session.isSettled) throw unsettled(this.connection);
    const windows: DataWindow[] = [];
    const expressions: string[] = [];
    const values: string[] = [];
    for (const { collection, from } of request.newData) {
      const [name, schema] = collection.split('.').reverse() as [string, string | undefined];
      if (!mentions(query, name)) throw notInQuery(collection);
      const window = await this.#window(session, collection, request.lagMs, from);
      refuseQualified(query, [schema ?? 'public', 'public'], name);
      const column = quoteName(this.connection.watermarkColumn);
      const after = window.from === null ? [] : [`${column} > $${values.push(window.from)}`];
      const bounds = [...after, `${column} <= $${values.push(window.to)}`];
      const table = [schema ?? 'public', name].map(quoteName).join('.');
      expressions.push(`${quoteName(name)} AS (SELECT * FROM ${table} WHERE ${bounds.join(' AND ')})`);
      windows.push(window);
    }
    return { sql: withExpressions(query, expressions), values, windows };
  }

  async #window(
    { client, settledAt }: Session,
    collection: string,
    lagMs: number,
    from: Watermark | undefined,
  ): Promise<DataWindow> {
    const [name, schema = 'public'] = collection.split('.').reverse() as [string, string | undefined];
    const { watermarkColumn } = this.connection;
    const { rows } = await client.query<{ oid: string; type: string; database: string }>(
      `SELECT c.oid::text AS oid, format_type(a.atttypid, NULL) AS type, current_database() AS database
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND a.attnum > 0`,
      [schema, name, watermarkColumn],
    );
    const found = rows[0];
    if (!found || !TIME_TYPES.has(found.type)) {
      throw invalidQuery(
        found
          ? `The column ${watermarkColumn} of ${collection} is of the type ${found.type}, and "new data only" needs a time.`
          : `There is no table ${schema}.${name} with a column ${watermarkColumn}, which "new data only" goes by.`,
        `Name a table with such a column, or set watermarkColumn of the source ${this.connection.name}.`,
        { collection },
      );
    }
    const identity = `${this.connection.name}/${found.database}/${found.oid}`;
    // As text, and by the server's clock: a JavaScript date would lose its microseconds.
    const upper = await client.query<{ to: string }>(
      `SELECT CAST($1::timestamptz - make_interval(secs => $2::float8 / 1000) AS ${found.type})::text AS to`,
      [settledAt, lagMs],
    );
    const to = upper.rows[0]?.to ?? '';
    return { collection, identity, from: from?.identity === identity ? from.to : null, to };
  }

  async #inTransaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { options, timeoutMs } = this.connection;
    const client = await connect(this.connection.name, {
      ...options,
      application_name: 'model-management',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: timeoutMs,
    });
    try {
      await client.query("SET TimeZone TO 'UTC'; SET DateStyle TO ISO; SET extra_float_digits TO 1");
      const settled = await settledTime(client);
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      return await work({ client, ...settled });
    } catch (error) {
      throw queryFailure(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function connect(name: string, config: ClientConfig): Promise<Client> {
  let client: Client;
  try {
    // Loaded here: only who reads from PostgreSQL needs it.
    const { default: pg } = await import('pg');
    client = new pg.Client(config);
  } catch (cause) {
    throw new ModelManagementError(
      'SOURCE_UNAVAILABLE',
      `The source ${name} needs the npm package pg, which is not installed.`,
      'Run npm install pg in the Node-RED user directory and restart Node-RED.',
      { cause },
    );
  }
  // A connection that breaks between questions is told by the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelManagementError(
      'SOURCE_UNAVAILABLE',
      `The source ${name} cannot be reached: ${reason || 'no answer'}.`,
      'Check host, port, database, user and password of the source.',
      { cause },
    );
  }
  return client;
}

/**
 * A row shows when its transaction ends, with the time at which that began. So the mark stays before the oldest
 * transaction of others, and it is asked for before our own sees its state of the data.
 */
async function settledTime(client: Client): Promise<Pick<Session, 'settledAt' | 'isSettled'>> {
  const { rows } = await client.query<{ at: string; sees: boolean }>(
    `SELECT LEAST(now(), min(xact_start) - interval '1 microsecond')::text AS at,
            pg_has_role('pg_read_all_stats', 'USAGE') AS sees FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  return { settledAt: rows[0]?.at ?? '', isSettled: rows[0]?.sees ?? false };
}

/** A transaction that began earlier and is not over would bring rows that are older than the mark: they would be lost. */
function unsettled({ name, options }: PostgresConnection): Error {
  return invalidQuery(
    `"New data only" could miss rows of ${name}: its user may not see which transactions are open.`,
    `Let the database run GRANT pg_read_all_stats TO "${String(options['user'] ?? 'the user')}"; or leave rows for the next run that are younger than the longest transaction (lagMs of the query).`,
    { source: name },
  );
}

async function declare(client: Client, sql: string, values: readonly string[]): Promise<void> {
  await client.query(
    `DECLARE mm_rows NO SCROLL CURSOR FOR SELECT row_to_json(mm_row)::text AS json FROM (${sql}\n) mm_row`,
    [...values],
  );
}

async function columnNames(client: Client, sql: string): Promise<readonly string[]> {
  const { fields }: QueryResult = await client.query(`SELECT * FROM (${sql}\n) mm_row LIMIT 0`);
  return fields.map(({ name }) => name);
}

async function* rowsOf(client: Client): AsyncGenerator<string, void, undefined> {
  for (;;) {
    const { rows } = await client.query<{ json: string }>(`FETCH ${BATCH_ROWS} FROM mm_rows`);
    for (const { json } of rows) yield json;
    if (rows.length < BATCH_ROWS) return;
  }
}

function queryFailure(error: unknown): Error {
  if (ModelManagementError.is(error)) return error;
  const { code, message } = error as { readonly code?: string; readonly message: string };
  if (code === '57014') {
    return new ModelManagementError(
      'QUERY_TIMEOUT',
      'The query took longer than its time limit.',
      'Narrow the query, or raise timeoutMs of the source.',
    );
  }
  if (code === undefined || code.startsWith('08') || code.startsWith('57')) {
    return new ModelManagementError(
      'SOURCE_UNAVAILABLE',
      `The connection to the source broke: ${message}.`,
      'Try again.',
      { cause: error },
    );
  }
  return invalidQuery(`The query failed: ${message}.`, 'Correct the query.');
}
