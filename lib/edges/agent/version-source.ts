import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ModelManagementError } from '../../errors';
import type { Digest, ModelName } from '../../ids';
import type { ModelSource } from '../../inference/served-version';
import { SignatureDocument } from '../../registry/documents';
import type { DesiredFile, DesiredVersion } from '../protocol/documents';

/** Larger would not be what `versionAttributes` makes: labels and features of a model are limited. */
const MAX_ATTRIBUTES_BYTES = 4 * 1024 * 1024;

/** Of what the hub tells of a version what serving needs; see `versionAttributes`. */
const Attributes = z.object({
  labels: z.array(z.string()).nullable(),
  features: z.array(z.string()).nullable(),
  effectiveSignature: SignatureDocument,
});

/**
 * A version whose files lie on the disk of the edge, as the engine takes it.
 * @param pathOf - of a file by its digest
 * @throws {ModelManagementError} `VERSION_UNUSABLE` when a file is missing or cannot be read
 */
export async function sourceOf(
  model: ModelName,
  { version, files }: DesiredVersion,
  pathOf: (digest: Digest) => string,
): Promise<ModelSource> {
  const file = fileOf(files, 'model');
  const attributes = fileOf(files, 'attributes');
  if (!file || !attributes) throw unusable(model, version, 'the hub named no model file for it');
  const { labels, features, effectiveSignature } = await readAttributes(model, version, attributes, pathOf);
  const preprocessing = fileOf(files, 'preprocessing');
  return {
    model,
    version,
    digest: file.digest,
    modelPath: pathOf(file.digest),
    ...(preprocessing ? { preprocessingPath: pathOf(preprocessing.digest) } : {}),
    signature: effectiveSignature,
    ...(labels ? { labels } : {}),
    ...(features ? { features } : {}),
  };
}

const fileOf = (files: readonly DesiredFile[], kind: string): DesiredFile | undefined =>
  files.find((file) => file.kind === kind);

async function readAttributes(
  model: string,
  version: number,
  { digest, sizeBytes }: DesiredFile,
  pathOf: (digest: Digest) => string,
): Promise<z.infer<typeof Attributes>> {
  if (sizeBytes > MAX_ATTRIBUTES_BYTES) throw unusable(model, version, 'what is told of it is too large');
  try {
    return Attributes.parse(JSON.parse(await readFile(pathOf(digest), 'utf8')));
  } catch (cause) {
    throw unusable(model, version, 'what the hub tells of it cannot be read', cause);
  }
}

const unusable = (model: string, version: number, why: string, cause?: unknown): ModelManagementError =>
  new ModelManagementError(
    'VERSION_UNUSABLE',
    `Version ${version} of ${model} cannot be used here: ${why}.`,
    'Update the package on the edge and on the hub to the same release, and assign the version again.',
    { cause },
  );
