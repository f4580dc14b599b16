import { ENVIRONMENT, type Fault, faultIf, isCount } from '../../../plugins/model-management/editor/dialog/fault';
import { isLibraryName } from '../../../plugins/model-management/editor/libraries/library-name';
import type { EditedConfig } from './stored-config';

/** What is wrong with one property; undefined = nothing. */
export function findFault(property: string, { library, timeoutMs }: EditedConfig): Fault | undefined {
  switch (property) {
    case 'library':
      return (
        faultIf(library === '', 'noLibrary') ??
        faultIf(!isLibraryName(library) && !ENVIRONMENT.test(library), 'badLibrary', { library })
      );
    case 'timeoutMs':
      return faultIf(!isCount(timeoutMs, 0), 'badCount');
    default:
      return undefined;
  }
}
