import type { FlowEntry } from '../flow-entry';

/** What an `mqtt in` would give its flow for this JSON value, by its own output setting. */
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
    default:
      // JSON is parsed; where the node looks for itself what it is, it parses what is JSON.
      return value;
  }
}
