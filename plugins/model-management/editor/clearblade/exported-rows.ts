import { rowsFromCsv } from './csv';

/** Rows of the original's collections, as they came: the server checks them. */
export interface ExportedRows {
  readonly pipelines: readonly unknown[];
  readonly models: readonly unknown[];
  readonly jobs: readonly unknown[];
}

type Kind = keyof ExportedRows;
const kinds: readonly Kind[] = ['pipelines', 'models', 'jobs'];
/** What exports and API answers wrap their rows in. */
const wrappers = ['DATA', 'Data', 'data', 'rows', 'items', 'results'];

type Found = { readonly [K in Kind]: unknown[] };

/**
 * The rows in a text: JSON (a row, a list of rows, `{pipelines, models, jobs}`, each also wrapped as exports do) or CSV.
 * Undefined when the text holds nothing that is such a row.
 */
export function rowsFromText(text: string): ExportedRows | undefined {
  const found: Found = { pipelines: [], models: [], jobs: [] };
  collect(parse(text), undefined, found);
  return countOf(found) > 0 ? found : undefined;
}

export function countOf({ pipelines, models, jobs }: ExportedRows): number {
  return pipelines.length + models.length + jobs.length;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return rowsFromCsv(text);
  }
}

/** @param kind - what the rows are, where a name above them tells it */
function collect(value: unknown, kind: Kind | undefined, found: Found): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, kind, found);
    return;
  }
  const own = kindOf(value);
  if (own) {
    found[own].push(value);
    return;
  }
  const named = kinds.filter((name) => name in value);
  const wrapper = wrappers.find((name) => name in value);
  if (named.length > 0) for (const name of named) collect(Reflect.get(value, name), name, found);
  else if (wrapper) collect(Reflect.get(value, wrapper), kind, found);
  else if (kind) found[kind].push(value);
}

/** By the columns that only one of the collections has. */
function kindOf(row: object): Kind | undefined {
  if ('steps' in row) return 'pipelines';
  if ('training_edge' in row || 'base_model_id' in row) return 'jobs';
  if ('is_history' in row || 'to_deploy' in row) return 'models';
  return undefined;
}
