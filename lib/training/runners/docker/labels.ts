/** What containers and volumes of ours carry, so that they are found again, and no others are touched. */
export const label = {
  instance: 'model-management.instance',
  kind: 'model-management.kind',
  run: 'model-management.run',
  job: 'model-management.job',
  fence: 'model-management.fence',
} as const;

export const runName = (runId: string): string => `mm-run-${runId}`;
export const environmentName = (key: string): string => `mm-env-${key}`;
export const builderName = (key: string): string => `mm-build-${key}`;
export const probeName = (key: string): string =>
  `mm-probe-${key}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
/** Of the environment that a builder or a probe is for, by its name as the engine lists it; undefined = it is neither. */
export const keyIn = (name: string): string | undefined => /^\/mm-(?:build|probe)-([0-9a-f]{32})/.exec(name)?.[1];

export const USER = '65534:65534';
export const UID = 65_534;
