export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What `lib` knows of logging; adapters map it to Node-RED. `error` = someone must act, `warn` = we coped,
 * `info` = state changed (once per change), `debug` = built only when read. Never payloads, tensors or secrets.
 */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields: () => LogFields): void;
  child(fields: LogFields): Log;
}

/** Discards everything: the default of tests and tools. */
export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silentLog,
};
