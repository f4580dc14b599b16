import { download, path, request, requestAll, requestLog, upload } from '../api';
import type { JobView, RunView, SchedulePreview } from './contract';

export const fetchJobs = (signal?: AbortSignal): Promise<readonly JobView[]> =>
  requestAll('jobs', { sort: 'name' }, signal);

export const fetchJob = (name: string, signal: AbortSignal): Promise<JobView> =>
  request(path`jobs/${name}`, { signal });

export const createJob = (body: unknown, signal: AbortSignal): Promise<JobView> =>
  request('jobs', { method: 'POST', body, signal });

export const updateJob = (name: string, body: unknown, signal: AbortSignal): Promise<JobView> =>
  request(path`jobs/${name}`, { method: 'PATCH', body, signal });

export const cloneJob = (name: string, copy: string, signal: AbortSignal): Promise<JobView> =>
  request(path`jobs/${name}/clone`, { method: 'POST', body: { name: copy }, signal });

export const deleteJob = (name: string, signal: AbortSignal): Promise<void> =>
  request(path`jobs/${name}`, { method: 'DELETE', signal });

/** Newest first. */
export const fetchRuns = (name: string, signal: AbortSignal): Promise<readonly RunView[]> =>
  requestAll(path`jobs/${name}/runs`, {}, signal);

/** @param data - `all` = also rows that were used before */
export const startRun = (name: string, data: 'new' | 'all', signal: AbortSignal): Promise<RunView> =>
  request(path`jobs/${name}/runs`, {
    method: 'POST',
    body: data === 'all' ? { overrides: { data } } : {},
    signal,
  });

export const cancelRun = (id: string, signal: AbortSignal): Promise<RunView> =>
  request(path`runs/${id}/cancel`, { method: 'POST', body: {}, signal });

export const fetchLog = (id: string, offset: number, signal: AbortSignal): ReturnType<typeof requestLog> =>
  requestLog(path`runs/${id}/log`, offset, signal);

export const downloadLog = (run: RunView, signal: AbortSignal): Promise<void> =>
  download(path`runs/${run.id}/log`, `${run.job}-${run.number}.log`, signal);

export const downloadBundle = (name: string, signal: AbortSignal): Promise<void> =>
  download(path`jobs/${name}/bundle`, `${name}.tar.gz`, signal);

const filePath = (name: string, kind: string, file: string): string =>
  path`jobs/${name}/files/${kind}/` + file.split('/').map(encodeURIComponent).join('/');

export const putFile = (name: string, kind: string, file: string, body: Blob, signal: AbortSignal): Promise<JobView> =>
  upload(filePath(name, kind, file), body, { method: 'PUT', contentType: 'application/octet-stream', signal });

export const deleteFile = (name: string, kind: string, file: string, signal: AbortSignal): Promise<void> =>
  request(filePath(name, kind, file), { method: 'DELETE', signal });

/** The content of a file of a job, as text. */
export const fetchFile = async (name: string, kind: string, file: string, signal: AbortSignal): Promise<string> =>
  (await requestLog(filePath(name, kind, file), 0, signal)).text;

export const previewSchedule = (schedule: unknown, signal: AbortSignal): Promise<SchedulePreview> =>
  request('schedules/preview', { method: 'POST', body: { schedule }, signal });
