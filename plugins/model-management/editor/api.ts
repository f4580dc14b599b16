import type { List, Usage } from './contract';

/** The permission every changing route asks for. */
export const WRITE = 'model-management.write';

const PAGE_COUNT = 500;

/** What the server said in words, or why it could not be asked. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get usedBy(): readonly Usage[] {
    return Array.isArray(this.details.usedBy) ? (this.details.usedBy as readonly Usage[]) : [];
  }

  static from(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    return new ApiError('INTERNAL', error instanceof Error ? error.message : String(error), '');
  }
}

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly query?: Query;
  readonly signal?: AbortSignal;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface UploadRequest {
  /** Default POST. */
  readonly method?: 'POST' | 'PUT';
  readonly contentType: string;
  readonly query?: Query;
  readonly signal?: AbortSignal;
  /** Share of the file that left the browser, 0..1. */
  readonly onProgress?: (ratio: number) => void;
}

/** `path` with each value encoded: a name is data, never part of the address. */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce((text, part, index) => `${text}${encodeURIComponent(values[index - 1] ?? '')}${part}`);
}

/** @throws {ApiError} with the server's words; `NETWORK` when there was no answer, `ABORTED` when the signal fired. */
export function request<T>(address: string, options: Request = {}): Promise<T> {
  return send<T>(address, options, {
    method: options.method ?? 'GET',
    dataType: 'json',
    ...(options.body === undefined ? {} : { contentType: 'application/json', data: JSON.stringify(options.body) }),
  });
}

/** A whole list, read page by page: lists are searched and sorted in the browser. @throws {ApiError} as `request` */
export async function requestAll<T>(address: string, query: Query, signal?: AbortSignal): Promise<readonly T[]> {
  const all: T[] = [];
  for (;;) {
    const { items, total } = await request<List<T>>(address, {
      query: { ...query, limit: PAGE_COUNT, offset: all.length },
      ...(signal && { signal }),
    });
    all.push(...items);
    if (items.length === 0 || all.length >= total) return all;
  }
}

/** A text, and how long it is on the server: for logs, which are read from where the last reading ended. */
export async function requestLog(
  address: string,
  offset: number,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly sizeBytes: number }> {
  const xhr = new XMLHttpRequest();
  const settings: JQuery.AjaxSettings = { dataType: 'text', cache: false, xhr: () => xhr };
  const text = await send<string>(address, { query: { offset }, signal }, settings);
  return { text, sizeBytes: Number(xhr.getResponseHeader('X-Log-Size') ?? offset) };
}

/** Streams a file to the server. @throws {ApiError} as `request` */
export function upload<T>(address: string, file: Blob, options: UploadRequest): Promise<T> {
  return send<T>(address, options, {
    method: options.method ?? 'POST',
    dataType: 'json',
    contentType: options.contentType,
    data: file,
    processData: false,
    xhr: () => {
      const xhr = new XMLHttpRequest();
      xhr.upload.addEventListener('progress', ({ loaded, total }) => options.onProgress?.(total ? loaded / total : 0));
      xhr.upload.addEventListener('load', () => options.onProgress?.(1));
      return xhr;
    },
  });
}

/**
 * Fetches with the editor's token, which a plain link would not carry, and hands the file to the browser.
 * @throws {ApiError} as `request`
 */
export async function download(address: string, fileName: string, signal: AbortSignal): Promise<void> {
  const xhr = new XMLHttpRequest();
  const settings: JQuery.AjaxSettings = { dataType: 'binary', xhr: () => xhr, xhrFields: { responseType: 'blob' } };
  const blob = await send<Blob>(address, { signal }, settings).catch(async (error: unknown) => {
    // The server's words come as a file too.
    throw (await errorInFile(xhr.response)) ?? error;
  });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The one place that talks to the server; a relative address lets the editor add its root and its token. */
function send<T>(
  address: string,
  { query, signal }: Pick<Request, 'query' | 'signal'>,
  settings: JQuery.AjaxSettings,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = $.ajax({
      url: `model-management/${address}${queryText(query)}`,
      headers: { 'X-Model-Management': '1' },
      cache: true,
      ...settings,
    });
    const abort = (): void => call.abort();
    signal?.addEventListener('abort', abort, { once: true });
    call
      .done((answer: T) => resolve(answer))
      .fail((xhr: JQuery.jqXHR) => reject(asApiError(xhr)))
      .always(() => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
  });
}

function queryText(query: Query = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function asApiError(xhr: JQuery.jqXHR): ApiError {
  const told = errorInAnswer(xhr.responseJSON);
  if (told) return told;
  if (xhr.statusText === 'abort') return new ApiError('ABORTED', '', '');
  if (xhr.status === 0) return new ApiError('NETWORK', '', '');
  return new ApiError('HTTP', `${xhr.status} ${xhr.statusText}`, '');
}

/** The error an answer tells of; undefined: none. */
export function errorInAnswer(answer: unknown): ApiError | undefined {
  const { error }: { readonly error?: unknown } = Object(answer);
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message, hint, details, ...more } = error as Record<string, unknown>;
  return new ApiError(String(code), String(message), String(hint ?? ''), { ...more, ...Object(details) });
}

/** As `errorInAnswer`, of an answer that was to be a file. */
export async function errorInFile(file: unknown): Promise<ApiError | undefined> {
  if (!(file instanceof Blob)) return undefined;
  try {
    return errorInAnswer(JSON.parse(await file.text()));
  } catch {
    // No JSON: something between here and the server answered; its status says more.
    return undefined;
  }
}
