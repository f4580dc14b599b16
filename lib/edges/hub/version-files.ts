import { effectiveSignature, type Version } from '../../registry';
import type { DesiredFile } from '../protocol/documents';
import { digestOf } from '../protocol/enrolment';

/**
 * What an edge must know of a version beside its files to answer as the hub does: JSON, the same bytes for the same
 * content. Description, tags and metrics stay here: changing them moves nothing on the edges.
 */
export function versionAttributes(version: Version): Buffer {
  const { model, version: number, labels, features, signature, preprocessing, opset, irVersion, producer } = version;
  return Buffer.from(
    JSON.stringify({
      model,
      version: number,
      labels: labels ?? null,
      features: features ?? null,
      signature,
      effectiveSignature: effectiveSignature(version),
      preprocessing: preprocessing?.signature ?? null,
      opset,
      irVersion,
      producer,
    }),
  );
}

/** What travels to an edge that runs the version. */
export function filesOfVersion(version: Version): readonly DesiredFile[] {
  const attributes = versionAttributes(version);
  const { digest, sizeBytes, preprocessing } = version;
  return [
    { kind: 'model', digest, sizeBytes },
    ...(preprocessing
      ? [{ kind: 'preprocessing', digest: preprocessing.digest, sizeBytes: preprocessing.sizeBytes }]
      : []),
    { kind: 'attributes', digest: digestOf(attributes), sizeBytes: attributes.length },
  ];
}
