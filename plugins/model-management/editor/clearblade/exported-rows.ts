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

const none: ExportedRows = { pipelines: [], models: [], jobs: [] };

/**
 * The rows in a text: JSON (a row, a list of rows, `{pipelines, models, jobs}`, each also wrapped as exports do) or CSV.
 * Undefined when the text holds nothing that is such a row.
 */
export function rowsFromText(text: string): ExportedRows | undefined {
  const found = collect(parse(text), undefined);
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
function collect(value: unknown, kind: Kind | undefined): ExportedRows {
  if (Array.isArray(value)) return value.map((item) => collect(item, kind)).reduce(joined, none);
  if (typeof value !== 'object' || value === null) return none;
  const own = kindOf(value);
  if (own) return { ...none, [own]: [value] };
  const named = kinds.filter((name) => name in value);
  if (named.length > 0) return named.map((name) => collect(Reflect.get(value, name), name)).reduce(joined, none);
  const wrapper = wrappers.find((name) => name in value);
  if (wrapper) return collect(Reflect.get(value, wrapper), kind);
  return kind ? { ...none, [kind]: [value] } : none;
}

/** By the columns that only one of the collections has. */
function kindOf(row: object): Kind | undefined {
  if ('steps' in row) return 'pipelines';
  if ('training_edge' in row || 'base_model_id' in row) return 'jobs';
  if ('is_history' in row || 'to_deploy' in row) return 'models';
  return undefined;
}

function joined(a: ExportedRows, b: ExportedRows): ExportedRows {
  return {
    pipelines: [...a.pipelines, ...b.pipelines],
    models: [...a.models, ...b.models],
    jobs: [...a.jobs, ...b.jobs],
  };
}
