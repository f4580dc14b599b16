import { invalidInput } from '../../errors';
import type { FlowEntry } from '../flow-entry';

/** What an `mqtt in` would give its flow for this JSON value, by its own output setting. @throws {ModelManagementError} `INVALID_INPUT` */
export function payloadFor(entry: FlowEntry, value: unknown): unknown {
  if (entry.type !== 'mqtt in') return value;
  const text = (): string => (typeof value === 'string' ? value : JSON.stringify(value));
  switch (entry['datatype']) {
    case 'buffer':
      return Buffer.from(text());
    case 'base64':
      return Buffer.from(text()).toString('base64');
    case 'utf8':
    case 'auto':
      return text();
    case 'json':
      if (value === undefined)
        throw invalidInput('payload', 'A payload is needed: the subscription takes JSON.', 'Give one.');
      return value;
    default:
      // It parses what is JSON, and leaves the rest as text.
      return value;
  }
}
