export { type ClearbladeImport, type ImportSurroundings, importClearblade, type Requirement } from './import';
export type { ImportedJob } from './job-rows';
export { ImportRequest } from './rows';
export type { ImportWarning, ImportWarningCode } from './warning';
