import { isCollectionName } from '../../../lib/collections/names';
import { ENVIRONMENT, type Fault, faultIf } from '../../../plugins/model-management/editor/dialog/fault';
import type { EditedConfig } from './stored-config';

/** What is wrong with one property; undefined = nothing. */
export function findFault(property: string, { mode, collection, query }: EditedConfig): Fault | undefined {
  if (property === 'collection' && mode === 'insert') {
    return (
      faultIf(collection === '', 'noCollection') ??
      faultIf(!isCollectionName(collection) && !ENVIRONMENT.test(collection), 'badCollection', { collection })
    );
  }
  if (property === 'query' && mode === 'query') {
    return faultIf(!/^\s*(?:select|with)\b/i.test(query), 'badQuery');
  }
  return undefined;
}
