import { ENVIRONMENT, type Fault, faultIf, isCount } from '../../../plugins/model-management/editor/dialog/fault';
import { findJoinFault } from '../../../plugins/model-management/editor/join/stored-join';
import { isLibraryName } from '../../../plugins/model-management/editor/libraries/library-name';
import type { EditedConfig } from './stored-config';

/** What is wrong with one property; undefined = nothing. */
export function findFault(property: string, config: EditedConfig): Fault | undefined {
  const { library, timeoutMs } = config;
  switch (property) {
    case 'library':
      return (
        faultIf(library === '', 'noLibrary') ??
        faultIf(!isLibraryName(library) && !ENVIRONMENT.test(library), 'badLibrary', { library })
      );
    case 'timeoutMs':
      return faultIf(!isCount(timeoutMs, 0), 'badCount');
    case 'join':
      return findJoinFault(config);
    default:
      return undefined;
  }
}
