import type { ErrorCode, ModelManagementError } from '../../errors';
import type { Column, DataRequest, InsertOptions, Retention } from '../types';

/** What the process that owns the file of the collections is asked for. */
export type WriterCommand =
  | { readonly type: 'open'; readonly path: string }
  | {
      readonly type: 'create';
      readonly name: string;
      readonly columns?: readonly Column[];
      readonly retention: Retention;
    }
  | { readonly type: 'update'; readonly name: string; readonly retention: Retention }
  | { readonly type: 'remove'; readonly name: string }
  | ({ readonly type: 'insert'; readonly name: string; readonly rows: readonly unknown[] } & InsertOptions)
  | { readonly type: 'list' }
  | { readonly type: 'expire' };

/** Where a query is run. Secrets go over this channel only: arguments and environment are seen by others. */
export type Connection =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'postgres';
      readonly name: string;
      readonly options: Readonly<Record<string, unknown>>;
      readonly watermarkColumn: string;
      /** Of one statement. */
      readonly timeoutMs: number;
    };

/** Within it a server has to be reached. */
export const CONNECT_TIMEOUT_MS = 15_000;

export type ReaderCommand =
  | {
      readonly type: 'query';
      readonly connection: Connection;
      readonly query: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly limit: number;
      readonly maxBytes: number;
    }
  | { readonly type: 'count'; readonly connection: Connection; readonly request: DataRequest }
  | {
      readonly type: 'export';
      readonly connection: Connection;
      readonly request: DataRequest;
      /** Made anew; holds a JSON array after success. */
      readonly path: string;
      readonly maxBytes: number;
    };

export interface Request<C> {
  readonly id: number;
  readonly command: C;
}

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError };

export function toWire(error: ModelManagementError): WireError {
  const { code, message, hint, details } = error;
  return { code, message, hint, ...(details ? { details } : {}) };
}
