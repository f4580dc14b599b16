import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { invalidInput, ModelManagementError } from '../../../lib/errors';
import type { AdminRouter } from './admin-router';
import { parseDigestHeader } from './digest-header';
import { goneError } from './gone-error';
import { versionOf } from './model-routes';
import { isTrue, textOf, textsOf } from './query-parameter';
import { waitForUpload } from './upload-patience';

const uploadKinds: Readonly<Record<string, 'onnx' | 'tar'>> = {
  'application/octet-stream': 'onnx',
  'application/x-tar': 'tar',
};

function uploadKindOf(request: Request): 'onnx' | 'tar' {
  const type = request.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const kind = uploadKinds[type];
  if (kind) return kind;
  throw invalidInput(
    'Content-Type',
    `The body must be application/octet-stream (an .onnx file) or application/x-tar, got ${type || 'no Content-Type'}.`,
    'Send the bytes of the .onnx file with Content-Type: application/octet-stream.',
  );
}

/** What says itself that it is too long is refused before it comes; the rest is counted as it comes. */
function refuseTooLong(request: Request, maxBytes: number): void {
  const length = Number(request.get('content-length') ?? 0);
  if (length <= maxBytes) return;
  throw new ModelManagementError(
    'MODEL_TOO_LARGE',
    `The upload has ${length} bytes, and ${maxBytes} are allowed.`,
    'Upload a smaller file, or raise modelManagement.maxModelSizeBytes in settings.js.',
    { details: { maxBytes } },
  );
}

function attachment(response: Response, fileName: string): void {
  // Model names are ASCII without quotes by their pattern, so the plain form of the header is enough.
  response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`);
}

/** What the sender of the file refuses on account of the request's own conditions; other errors pass unchanged. */
function conditionError(error: Error): Error {
  const { status } = error as Error & { readonly status?: number };
  if (status === 412) {
    return new ModelManagementError(
      'PRECONDITION_FAILED',
      'The file is not the one that If-Match asks for.',
      'Ask again without If-Match, and look at the ETag of the answer.',
    );
  }
  if (status === 416) {
    return new ModelManagementError(
      'RANGE_NOT_SATISFIABLE',
      'The file has no such range of bytes.',
      'See Content-Range of this answer for its length.',
    );
  }
  return error;
}

/** Uploads, downloads and the archive that carries a version from one hub to another. */
export function registerVersionFileRoutes(router: AdminRouter): void {
  router.change('post', '/models/:name/versions', async ({ request, services, user, signal, param }) => {
    const description = textOf(request, 'description');
    const expectedDigest = parseDigestHeader(request.get('digest'));
    const kind = uploadKindOf(request);
    refuseTooLong(request, services.settings.maxModelSizeBytes);
    const upload = {
      body: request,
      kind,
      aliases: textsOf(request, 'alias'),
      create: isTrue(request, 'create'),
      allowDuplicate: isTrue(request, 'allowDuplicate'),
      ...(description === undefined ? {} : { description }),
      ...(expectedDigest === undefined ? {} : { expectedDigest }),
      signal,
    };
    const stopWaiting = waitForUpload(request);
    try {
      return { status: 201, body: await services.registry.addVersion(param('name'), upload, user) };
    } finally {
      stopWaiting();
    }
  });

  router.get('/models/:name/versions/:version/file', 'model-management.read', async (call) => {
    const version = versionOf(call);
    const { response, services } = call;
    await services.requireFiles(version);
    attachment(response, `${version.model}-${version.version}.onnx`);
    response.setHeader('ETag', `"${version.digest}"`);
    response.type('application/octet-stream');
    const { modelPath } = services.registry.filesOf(version);
    return new Promise((resolve, reject) => {
      // Answers Range and If-None-Match itself. Dotfiles allowed: the data folder may lie below one.
      const options = { dotfiles: 'allow', etag: false, lastModified: false, cacheControl: false } as const;
      response.sendFile(modelPath, options, (error) => {
        if (error && !response.headersSent) reject(conditionError(error));
        else resolve(undefined);
      });
    });
  });

  router.get('/models/:name/versions/:version/export', 'model-management.read', async (call) => {
    const version = versionOf(call);
    const { response, services, signal } = call;
    await services.requireFiles(version);
    attachment(response, `${version.model}-${version.version}.tar`);
    response.type('application/x-tar');
    try {
      await pipeline(services.registry.exportVersion(version.model, version.version), response, { signal });
    } catch (error) {
      throw goneError(error);
    }
    return undefined;
  });
}
