import type { Client, ClientConfig, QueryResult } from 'pg';
import { ModelManagementError } from '../../errors';
import { quoteName } from '../names';
import { counted, mentions, parseReadQuery, type ReadQuery, refuseQualified, withExpressions } from '../sql/read-query';
import { invalidQuery } from '../sql/tokens';
import type { DataFile, DataRequest, DataWindow, QueryCount, QueryRows } from '../types';
import { JsonArrayFile } from './json-array-file';
import { newWindow, type ServerTime, serverTime, unsettled } from './postgres-watermark';
import { CONNECT_TIMEOUT_MS, type Connection } from './protocol';
import { QueryAnswer } from './query-answer';
import { notInQuery } from './sqlite-reader';

type PostgresConnection = Extract<Connection, { kind: 'postgres' }>;

interface Session {
  readonly client: Client;
  readonly time: ServerTime;
}

const BATCH_ROWS = 1_000;

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
    if (request.newData.length > 0 && request.lagMs === 0 && !session.time.isSettled) throw unsettled(this.connection);
    const windows: DataWindow[] = [];
    const expressions: string[] = [];
    const values: string[] = [];
    for (const { collection, from } of request.newData) {
      const [name, schema] = collection.split('.').reverse() as [string, string | undefined];
      if (!mentions(query, name)) throw notInQuery(collection);
      const known = { schema: schema ?? 'public', table: name };
      const window = await newWindow(session.client, this.connection, known, from, session.time, request.lagMs);
      refuseQualified(query, [known.schema, 'public'], name);
      const column = quoteName(this.connection.watermarkColumn);
      const after = window.from === null ? [] : [`${column} > $${values.push(window.from)}`];
      const bounds = [...after, `${column} <= $${values.push(window.to)}`];
      const table = [known.schema, name].map(quoteName).join('.');
      expressions.push(`${quoteName(name)} AS (SELECT * FROM ${table} WHERE ${bounds.join(' AND ')})`);
      windows.push({ collection, ...window });
    }
    return { sql: withExpressions(query, expressions), values, windows };
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
      await client.query('SET DateStyle TO ISO; SET extra_float_digits TO 1');
      const time = await serverTime(client);
      await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TimeZone TO 'UTC'");
      return await work({ client, time });
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
