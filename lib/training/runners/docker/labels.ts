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

export const USER = '65534:65534';
export const UID = 65_534;
