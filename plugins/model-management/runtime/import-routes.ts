import { ImportRequest, importClearblade } from '../../../lib/pipeline/clearblade';
import { parseInput } from '../../../lib/registry';
import type { AdminRouter } from './admin-router';

/** What an export of ClearBlade's Model Management becomes here. Nothing is changed: the editor imports the flows. */
export function registerImportRoutes(router: AdminRouter): void {
  router.query('/import/clearblade', 'model-management.read', ({ request, services }) => {
    const rows = parseInput(ImportRequest, request.body ?? {}, 'body');
    const libraries = services.libraries.list();
    const libraryNames = new Set<string>(libraries.map(({ name }) => name));
    const { broker } = services.settings;
    const body = importClearblade(rows, {
      ...(broker?.url && { brokerUrl: broker.url }),
      builtInLibraries: libraries.filter(({ builtIn }) => builtIn).map(({ name }) => name),
      hasModel: (name) => services.registry.findVersion(name, 'deployed') !== undefined,
      hasLibrary: (name) => libraryNames.has(name),
    });
    return { status: 200, body };
  });
}
