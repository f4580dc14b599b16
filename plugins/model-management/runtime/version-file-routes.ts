import type { Request } from 'express';
import { invalidInput, ModelManagementError } from '../../../lib/errors';
import type { AdminRouter } from './admin-router';
import { parseDigestHeader } from './digest-header';
import { attachment, sendFile, sendStream } from './downloads';
import { versionOf } from './model-routes';
import { isTrue, mediaTypeOf, textOf, textsOf } from './query-parameter';
import { duringUpload } from './upload-patience';

const uploadKinds: Readonly<Record<string, 'onnx' | 'tar'>> = {
  'application/octet-stream': 'onnx',
  'application/x-tar': 'tar',
};

function uploadKindOf(request: Request): 'onnx' | 'tar' {
  const type = mediaTypeOf(request);
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
    const body = await duringUpload(request, () => services.registry.addVersion(param('name'), upload, user));
    return { status: 201, body };
  });

  router.get('/models/:name/versions/:version/file', 'model-management.read', async (call) => {
    const version = versionOf(call);
    const { response, services } = call;
    await services.requireFiles(version);
    attachment(response, `${version.model}-${version.version}.onnx`);
    return sendFile(response, services.registry.filesOf(version).modelPath, version.digest);
  });

  router.get('/models/:name/versions/:version/export', 'model-management.read', async (call) => {
    const version = versionOf(call);
    const { response, services, signal } = call;
    await services.requireFiles(version);
    attachment(response, `${version.model}-${version.version}.tar`);
    response.type('application/x-tar');
    return sendStream(response, services.registry.exportVersion(version.model, version.version), signal);
  });
}
