export type { TrainingDeps } from './dependencies';
export { DEFAULT_IMAGE, JobDocument } from './job';
export { RunDocument, type RunState } from './run/run-document';
export { DockerRunner } from './runners/docker/docker-runner';
export { ProcessRunner } from './runners/process/process-runner';
export type { Runner } from './runners/runner';
export { Secrets } from './secrets';
export { Training, type TrainingChange, trainingSlot } from './training';
export type { JobView, RunView } from './views';
