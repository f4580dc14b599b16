import type { NodeAPI } from 'node-red';
import type { Log, LogFields } from '../../../lib/log';

type Level = 'error' | 'warn' | 'info' | 'debug';

function lineOf(event: string, fields: LogFields): string {
  const shown = Object.entries(fields).map(([key, value]) => {
    if (value instanceof Error) return `${key}=${JSON.stringify(value.stack ?? value.message)}`;
    return `${key}=${typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value ?? null)}`;
  });
  return ['[model-management]', event, ...shown].join(' ');
}

/** Our log lines in Node-RED's log: a constant event, then `key=value`. */
export function nodeRedLog(red: Pick<NodeAPI, 'log'>, own: LogFields = {}): Log {
  const write = (level: Level, event: string, fields: LogFields): void =>
    red.log[level](lineOf(event, { ...own, ...fields }));
  return {
    error: (event, fields = {}) => write('error', event, fields),
    warn: (event, fields = {}) => write('warn', event, fields),
    info: (event, fields = {}) => write('info', event, fields),
    debug: (event, fields) => write('debug', event, fields()),
    child: (fields) => nodeRedLog(red, { ...own, ...fields }),
  };
}
