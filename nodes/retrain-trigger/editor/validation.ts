import { type Fault, faultIf, isCount } from '../../../plugins/model-management/editor/dialog/fault';
import type { EditedConfig } from './stored-config';

/** What is wrong with one property; undefined = nothing. */
export function findFault(property: string, config: EditedConfig): Fault | undefined {
  const { job, mode, count, property: watched, limit, forMessages, minIntervalMs } = config;
  switch (property) {
    case 'job':
      return faultIf(job === '', 'noJob');
    case 'count':
      return faultIf(mode === 'count' && !isCount(count, 1), 'badCount');
    case 'property':
      return faultIf(mode === 'threshold' && watched.trim() === '', 'noProperty');
    case 'limit':
      return faultIf(mode === 'threshold' && !Number.isFinite(Number(limit)), 'badLimit');
    case 'forMessages':
      return faultIf(mode === 'threshold' && !isCount(forMessages, 1), 'badCount');
    case 'minIntervalMs':
      return faultIf(!isCount(minIntervalMs, 0), 'badCount');
    default:
      return undefined;
  }
}
