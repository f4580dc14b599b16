import type { Client } from 'pg';
import { invalidQuery } from '../sql/tokens';
import type { DataWindow, Watermark } from '../types';
import type { Connection } from './protocol';

/** What a server tells before a transaction of ours begins. */
export interface ServerTime {
  /** Nothing that is still under way can bring a row of this time or before. */
  readonly settledAt: string;
  /** False = the user may not see when transactions of others began. */
  readonly isSettled: boolean;
  /** Of times that carry none: null = nobody has said so for this user or database. */
  readonly timeZone: string | null;
}

type PostgresConnection = Extract<Connection, { kind: 'postgres' }>;

/** Of columns whose order is that of time; false = they carry no zone. */
const timeTypes = new Map([
  ['timestamp with time zone', true],
  ['timestamp without time zone', false],
  ['date', false],
]);

/**
 * A row shows when its transaction ends, with the time at which that began. So the mark stays before the oldest
 * transaction of others, and it is asked for before our own sees its state of the data. The zone of the server's own
 * configuration says nothing: whoever set it up chose it for its logs.
 */
export async function serverTime(client: Client): Promise<ServerTime> {
  const { rows } = await client.query<{ at: string; sees: boolean; zone: string | null }>(
    `SELECT LEAST(now(), min(xact_start) - interval '1 microsecond')::text AS at,
            pg_has_role('pg_read_all_stats', 'USAGE') AS sees,
            (SELECT setting FROM pg_settings
              WHERE name = 'TimeZone' AND source IN ('database', 'user', 'database user', 'client')) AS zone
       FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  const found = rows[0];
  return { settledAt: found?.at ?? '', isSettled: found?.sees ?? false, timeZone: found?.zone ?? null };
}

/** A transaction that began earlier and is not over would bring rows that are older than the mark: they would be lost. */
export function unsettled({ name, options }: PostgresConnection): Error {
  return invalidQuery(
    `"New data only" could miss rows of ${name}: its user may not see which transactions are open.`,
    `Let the database run GRANT pg_read_all_stats TO ${roleOf(options)}; or leave rows for the next run that are younger than the longest transaction (lagMs of the query).`,
    { source: name },
  );
}

/**
 * What of a table is new, and how far it can be read; as text of the column's type, since a JavaScript date would lose the
 * microseconds.
 *
 * Times without a zone are taken for what clocks in the zone of the user or database show: the mark stays before whatever
 * they may yet show, also in an hour that is repeated; a day counts once it is over.
 * @param before - taken only when it is of this very table
 * @throws {ModelManagementError} `INVALID_QUERY` when there is no such table or column, or nothing tells the zone
 */
export async function newWindow(
  client: Client,
  { name: source, watermarkColumn, options }: PostgresConnection,
  { schema, table }: { readonly schema: string; readonly table: string },
  before: Watermark | undefined,
  { settledAt, timeZone }: ServerTime,
  lagMs: number,
): Promise<Omit<DataWindow, 'collection'>> {
  const { rows } = await client.query<{ oid: string; type: string; database: string }>(
    `SELECT c.oid::text AS oid, format_type(a.atttypid, NULL) AS type, current_database() AS database
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND a.attnum > 0`,
    [schema, table, watermarkColumn],
  );
  const found = rows[0];
  const hasZone = timeTypes.get(found?.type ?? '');
  if (!found || hasZone === undefined) {
    throw invalidQuery(
      found
        ? `The column ${watermarkColumn} of ${table} is of the type ${found.type}, and "new data only" needs a time.`
        : `There is no table ${schema}.${table} with a column ${watermarkColumn}, which "new data only" goes by.`,
      `Name a table with such a column, or set watermarkColumn of the source ${source}.`,
      { collection: table },
    );
  }
  if (!hasZone && timeZone === null) {
    throw invalidQuery(
      `"New data only" could miss rows of ${table}: the times in ${watermarkColumn} carry no time zone, and nothing says whose clock they show.`,
      `Make the column a timestamptz; or say it, for example with ALTER ROLE ${roleOf(options)} SET TimeZone TO 'Europe/Paris'.`,
      { collection: table, source },
    );
  }
  const identity = `${source}/${found.database}/${found.oid}`;
  const from = before?.identity === identity ? before.to : null;
  const last = found.type === 'date' ? '(at::date - 1)' : 'at';
  // With a lag that grew, nothing is new yet, and the mark stays where it was.
  const upper = await client.query<{ to: string }>(
    `WITH settled AS (SELECT $1::timestamptz - make_interval(secs => $2::float8 / 1000) AS at)${hasZone ? '' : SHOWN}
     SELECT GREATEST(${last}, $3::${found.type})::text AS to FROM ${hasZone ? 'settled' : 'shown'}`,
    [settledAt, lagMs, from, ...(hasZone ? [] : [timeZone])],
  );
  return { identity, from, to: upper.rows[0]?.to ?? '' };
}

/** The last time that clocks show no more: where they go back within hours, it lies before what they will show again. */
const SHOWN = `, shown AS (
  SELECT LEAST(at AT TIME ZONE $4, min(later AT TIME ZONE $4) - interval '1 microsecond') AS at
    FROM settled, generate_series(date_trunc('minute', at) + interval '1 minute', at + interval '3 hours', '1 minute') later
   GROUP BY at)`;

function roleOf(options: PostgresConnection['options']): string {
  return `"${String(options['user'] ?? 'the user')}"`;
}
