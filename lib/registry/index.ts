export type { AliasMove, AliasSwitch, ModelFiles, RegistryDeps } from './dependencies';
export { AuditDocument, ModelDocument, VersionDocument } from './documents';
export { parseInput } from './input';
export { isMetricName } from './metric-name';
export { chooseLabels } from './onnx/label-choice';
export { type ModelFile, readModelFile } from './onnx/model-file';
export { Registry } from './registry';
export { type RunnableFile, runnableFile } from './runnable-file';
export { effectiveSignature, signatureDifferences } from './signature-comparison';
export type {
  AdditionalOutput,
  AuditAction,
  AuditEntry,
  AuditFields,
  Metrics,
  Model,
  ModelChange,
  ModelEdge,
  OriginalFile,
  Preprocessing,
  RegistryChange,
  Tags,
  Usage,
  User,
  Version,
  VersionSource,
  VersionSummary,
} from './types';
export type { RunOrigin, VersionUpload } from './upload';
export { digestsOf } from './version-archive';
export type { VersionRef } from './version-ref';
