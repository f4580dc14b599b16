import { createHash } from 'node:crypto';
import { ModelManagementError } from '../errors';
import { Digest } from '../ids';
import type { BlobLease } from '../store';
import { readChunks } from '../store/chunk-source';
import { ArchivePaths } from './archive-paths';
import { firstIssue, VersionJson } from './input';
import { invalidModel } from './invalid-model';
import type { Intake, ReceivedFiles } from './received-files';
import { readTar } from './tar-reader';
import type { VersionUpload } from './upload';

const MAX_ENTRY_COUNT = 1_000;
const MAX_VERSION_JSON_BYTES = 1_048_576;
/**
 * Takes a version from a tar archive, file by file into the blob store, never unpacking it to a folder:
 * `model.onnx`, `preprocessing.onnx?`, `additional_output/**?`, `version.json?` (`VersionJson`).
 * @throws {ModelManagementError} `INVALID_MODEL` when anything in it is unsafe, unknown, repeated or too much;
 * `MODEL_TOO_LARGE`, `DIGEST_MISMATCH`, `ABORTED`, `STORAGE_FULL`
 */
export async function receiveArchive(
  { body, expectedDigest }: Pick<VersionUpload, 'body' | 'expectedDigest'>,
  intake: Intake,
  maxBytes: number,
): Promise<ReceivedFiles> {
  const hash = createHash('sha256');
  const files = await readEntries(measured(readChunks(body, intake.signal), hash, maxBytes), intake, maxBytes);
  const digest = Digest.parse(`sha256:${hash.digest('hex')}`);
  if (expectedDigest === undefined || digest === expectedDigest) return files;
  throw new ModelManagementError(
    'DIGEST_MISMATCH',
    `The archive should be ${expectedDigest} and is ${digest}.`,
    'Upload it again: it was changed or cut on its way.',
    { details: { expected: expectedDigest, found: digest } },
  );
}

async function readEntries(chunks: AsyncIterable<Buffer>, intake: Intake, maxBytes: number): Promise<ReceivedFiles> {
  const paths = new ArchivePaths();
  const additionalOutputs: { path: string; blob: BlobLease }[] = [];
  let model: BlobLease | undefined;
  let preprocessing: BlobLease | undefined;
  let facts: VersionJson = {};
  let entryCount = 0;
  for await (const { name, type, content } of readTar(chunks)) {
    if (++entryCount > MAX_ENTRY_COUNT) {
      throw invalidModel(
        'read',
        `The archive holds more than ${MAX_ENTRY_COUNT} entries.`,
        'Pack fewer, larger files.',
      );
    }
    const found = paths.classify(name, type);
    if (found.kind === 'model') model = await intake.put(content, { maxBytes });
    else if (found.kind === 'preprocessing') preprocessing = await intake.put(content, { maxBytes });
    else if (found.kind === 'version') facts = await readFacts(content);
    else if (found.kind === 'additional') {
      additionalOutputs.push({ path: found.path, blob: await intake.put(content, { maxBytes }) });
    }
  }
  if (!model) {
    const hint = 'Pack it at the top: tar -cf version.tar model.onnx version.json additional_output';
    throw invalidModel('read', 'The archive holds no model.onnx.', hint);
  }
  additionalOutputs.sort((a, b) => (a.path < b.path ? -1 : 1));
  const { original, ...attributes } = facts;
  return {
    model,
    ...(preprocessing ? { preprocessing } : {}),
    additionalOutputs,
    attributes,
    ...(original ? { original } : {}),
  };
}

async function readFacts(content: AsyncIterable<Buffer>): Promise<VersionJson> {
  const refuse = (message: string, cause?: unknown): ModelManagementError =>
    invalidModel(
      'read',
      `version.json: ${message}`,
      'It may hold metrics, labels, features, description and tags.',
      cause,
    );
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of content) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_VERSION_JSON_BYTES) throw refuse(`is larger than ${MAX_VERSION_JSON_BYTES} bytes`);
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw refuse('is not JSON', cause);
  }
  const parsed = VersionJson.safeParse(value);
  if (parsed.success) return parsed.data;
  const { field, message } = firstIssue(parsed.error);
  throw refuse(field ? `${field}: ${message}` : message, parsed.error);
}

async function* measured(
  chunks: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new ModelManagementError(
        'MODEL_TOO_LARGE',
        `The archive is larger than the ${maxBytes} bytes allowed.`,
        'Upload a smaller one, or raise modelManagement.maxModelSizeBytes in settings.js.',
        { details: { maxBytes } },
      );
    }
    hash.update(chunk);
    yield chunk;
  }
}
