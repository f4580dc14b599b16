import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { NodeRed } from './node-red';

/** What a settings file may hold and no answer may show: put it there, and every refusal is searched for it. */
export const SECRET = 'a-secret-of-the-settings';

export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly usedBy?: unknown;
}

export interface HttpAnswer<T = unknown> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Parsed where the answer says that it is JSON, else its text. */
  readonly body: T;
}

/** Text goes as JSON is written, bytes with their length, what yields bytes chunked without one, the rest as JSON. */
export type RequestBody = string | Buffer | AsyncIterable<Buffer> | object;

const projectFolder = resolve(__dirname, '..', '..');
const errorFields = ['code', 'message', 'hint', 'details', 'usedBy'];

function isStream(body: RequestBody): body is AsyncIterable<Buffer> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}

/**
 * The admin API as a hostile client meets it: paths go out as written, without the clean-up of `fetch`, and every
 * answer that is no success is checked for its shape and for stack traces, paths and secrets.
 */
export class AdminClient {
  constructor(readonly nodeRed: NodeRed) {}

  /** `path` is relative to `model-management/`, and goes out byte by byte. */
  async send<T = unknown>(
    method: string,
    path: string,
    body?: RequestBody,
    headers: OutgoingHttpHeaders = {},
  ): Promise<HttpAnswer<T>> {
    const isBinary = body !== undefined && (Buffer.isBuffer(body) || isStream(body));
    const payload =
      body === undefined || isBinary
        ? (body as Buffer | AsyncIterable<Buffer> | undefined)
        : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const base = new URL(this.nodeRed.url);
    const answer = await new Promise<HttpAnswer<T>>((resolveAnswer, reject) => {
      const outgoing = request({
        host: base.hostname,
        port: base.port,
        method,
        path: `${base.pathname}model-management/${path}`,
        headers: {
          'x-model-management': '1',
          ...(payload === undefined
            ? {}
            : { 'content-type': isBinary ? 'application/octet-stream' : 'application/json' }),
          ...(Buffer.isBuffer(payload) ? { 'content-length': payload.length } : {}),
          ...headers,
        },
      });
      outgoing.on('response', async (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        await finished(incoming).catch(reject);
        const bytes = Buffer.concat(chunks);
        const isJson = incoming.headers['content-type']?.includes('json') === true && bytes.length > 0;
        const text = bytes.toString();
        const { statusCode: status = 0, headers: received } = incoming;
        resolveAnswer({ status, headers: received, bytes, body: (isJson ? JSON.parse(text) : text) as T });
      });
      // After the answer is there, a server may well stop listening to the rest of the body.
      outgoing.on('error', reject);
      if (payload === undefined || Buffer.isBuffer(payload)) outgoing.end(payload);
      else Readable.from(payload, { objectMode: false }).on('error', reject).pipe(outgoing);
    });
    if (answer.status >= 400 && method !== 'HEAD') this.#checkRefusal(`${method} ${path}`, answer);
    return answer;
  }

  /** The body of an answer that must have this status. */
  async ok<T = unknown>(status: number, ...call: Parameters<AdminClient['send']>): Promise<T> {
    const answer = await this.send<T>(...call);
    assert.equal(answer.status, status, `${call[0]} ${call[1]}: ${answer.bytes.toString().slice(0, 2_000)}`);
    return answer.body;
  }

  /** The error of an answer that must have this status and code. */
  async refused(status: number, code: string, ...call: Parameters<AdminClient['send']>): Promise<ApiError> {
    const answer = await this.send<{ readonly error: ApiError }>(...call);
    const seen = [answer.status, answer.status >= 400 ? answer.body.error.code : answer.bytes.toString().slice(0, 200)];
    assert.deepEqual(
      seen,
      [status, code],
      `${call[0]} ${call[1].slice(0, 200)}: ${answer.bytes.toString().slice(0, 2_000)}`,
    );
    return answer.body.error;
  }

  #checkRefusal(what: string, { status, headers, bytes, body }: HttpAnswer): void {
    const text = bytes.toString();
    const seen = `${what.slice(0, 200)} answered ${status} ${text.slice(0, 2_000)}`;
    assert.notEqual(status, 500, seen);
    assert.match(headers['content-type'] ?? '', /^application\/json/, seen);
    const { error, ...rest } = body as { error: ApiError };
    assert.deepEqual(rest, {}, seen);
    for (const field of ['code', 'message', 'hint'] as const) assert.equal(typeof error[field], 'string', seen);
    assert.match(error.code, /^[A-Z][A-Z_]+$/, seen);
    assert.ok(error.message.length > 10 && error.hint.length > 5, seen);
    for (const field of Object.keys(error)) assert.ok(errorFields.includes(field), seen);
    assert.doesNotMatch(text, /\bat \S+ \(|node_modules|node:internal|\.[jt]s:\d+|\[object Object\]/, seen);
    for (const hidden of [this.nodeRed.userDir, projectFolder, tmpdir(), process.execPath, SECRET]) {
      assert.ok(!text.includes(hidden), `${seen} shows ${hidden}`);
    }
    assert.ok(bytes.length < 20_000, `an error of ${bytes.length} bytes: ${seen}`);
  }
}
