import type { Misfits } from './misfits';

/** How the values of a column are stored and given back. `number` takes any finite number, `json` anything JSON can say. */
export const columnTypes = ['text', 'integer', 'number', 'boolean', 'json'] as const;
export type ColumnType = (typeof columnTypes)[number];

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** What is removed by itself, oldest first; absent = nothing. */
export interface Retention {
  readonly maxRows?: number | undefined;
  readonly maxAgeMs?: number | undefined;
}

/** A table of training rows. */
export interface Collection {
  /** Made with the collection, so that one of the same name made later is told from it. */
  readonly id: string;
  readonly name: string;
  /** Without `item_id` and `created`, which every row has. */
  readonly columns: readonly Column[];
  /** False: a key that a row brings for the first time becomes a column. */
  readonly isFixed: boolean;
  readonly retention: Retention;
  readonly rowCount: number;
  readonly createdAt: string;
  /** When the last row came; null while there was none. */
  readonly lastInsertAt: string | null;
}

export type Row = Readonly<Record<string, unknown>>;

export interface InsertOptions {
  /** The result tells the rows as they are stored. */
  readonly wantsRows?: boolean;
  /** Rows that do not fit are left out, and do not refuse the others. */
  readonly leavesOutMisfits?: boolean;
}

export interface InsertResult {
  readonly inserted: number;
  /** Rows whose `item_id` was there already: they are left as they are. */
  readonly duplicates: number;
  /** As stored, with `item_id` and `created`; only when asked for. */
  readonly rows?: readonly Row[];
  /** What was left out; only where rows that do not fit are, and there were some. */
  readonly misfits?: Misfits;
}

/** The beginning of a query's answer. */
export interface QueryRows {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly truncated: boolean;
}

/** How far a collection has been read. Opaque but to the source that wrote it. */
export interface Watermark {
  readonly collection: string;
  /** Of the table itself: one that was made anew under the same name has another. */
  readonly identity: string;
  /** Upper end, inclusive. */
  readonly to: string;
}

/** How many rows a query answers with, and how many of them a run would get. */
export interface QueryCount {
  readonly rows: number;
  readonly newRows: number;
}

/** So much of a collection at most; one row is always taken, however long it is. */
export interface RowBounds {
  readonly maxRows: number;
  /** Of the whole rows as JSON, which `SELECT *` writes. */
  readonly maxBytes: number;
}

/** A collection of which only rows after a mark count. */
export interface NewData {
  readonly collection: string;
  /** Absent = all of its rows. */
  readonly from?: Watermark;
  /** The first of them, of our own collections; absent = all. */
  readonly first?: RowBounds;
}

/** One query of a job, to be written to a file. */
export interface DataRequest {
  readonly query: string;
  readonly newData: readonly NewData[];
  /** Rows younger than this are left for the next time, since a transaction that is still open may yet add to them. */
  readonly lagMs: number;
}

export interface DataWindow {
  readonly collection: string;
  readonly identity: string;
  /** Exclusive; null = from the first row. */
  readonly from: string | null;
  /** Inclusive. */
  readonly to: string;
}

/** What was written: a JSON array of row objects. */
export interface DataFile {
  readonly rows: number;
  readonly sizeBytes: number;
  /** `sha256:` of the file. */
  readonly digest: string;
  readonly windows: readonly DataWindow[];
}
