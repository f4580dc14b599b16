import { PostgresReader } from './postgres-reader';
import type { Connection, ReaderCommand } from './protocol';
import { serve } from './serve';
import { SqliteReader } from './sqlite-reader';

/** Kept between questions: opening the file and reading its schema costs more than most of them. */
let embedded: { readonly path: string; readonly reader: SqliteReader } | undefined;

function readerOf(connection: Connection): SqliteReader | PostgresReader {
  if (connection.kind === 'postgres') return new PostgresReader(connection);
  if (embedded?.path !== connection.path) {
    embedded?.reader.close();
    embedded = { path: connection.path, reader: new SqliteReader(connection.path) };
  }
  return embedded.reader;
}

serve<ReaderCommand>((command) => {
  const reader = readerOf(command.connection);
  if (command.type === 'query') {
    const { query, parameters, limit, maxBytes } = command;
    return reader.query(query, parameters, { limit, maxBytes });
  }
  if (command.type === 'count') return reader.count(command.request);
  return reader.export(command.request, command.path, command.maxBytes);
});
