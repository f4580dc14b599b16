import { registerActivityRoutes } from './activity-routes';
import type { AdminRouter } from './admin-router';
import { registerAliasRoutes } from './alias-routes';
import { registerCollectionRoutes } from './collection-routes';
import { registerEdgeRoutes } from './edge-routes';
import type { Pipelines } from './flows/pipelines';
import { registerHealthRoutes } from './health-routes';
import { registerImportRoutes } from './import-routes';
import { registerInferenceRoutes } from './inference-routes';
import { registerJobRoutes } from './job-routes';
import { registerLibraryRoutes } from './library-routes';
import { registerMaintenanceRoutes } from './maintenance';
import { registerModelRoutes } from './model-routes';
import { registerOwnEdgeRoutes } from './own-edge-routes';
import { registerPipelineEdgeRoutes } from './pipeline-edge-routes';
import { registerPipelineRoutes } from './pipeline-routes';
import { registerRolloutRoutes } from './rollout-routes';
import { registerRunRoutes } from './run-routes';
import { registerVersionFileRoutes } from './version-file-routes';

/** All routes of the admin API; docs/http-api.md lists the same. */
export function registerRoutes(router: AdminRouter, pipelines: Pipelines): void {
  registerHealthRoutes(router);
  registerActivityRoutes(router);
  registerModelRoutes(router);
  registerVersionFileRoutes(router);
  registerAliasRoutes(router);
  registerInferenceRoutes(router);
  registerImportRoutes(router);
  registerLibraryRoutes(router);
  registerCollectionRoutes(router);
  registerJobRoutes(router);
  registerRunRoutes(router);
  registerPipelineRoutes(router, pipelines);
  registerEdgeRoutes(router);
  registerPipelineEdgeRoutes(router, pipelines);
  registerRolloutRoutes(router);
  registerOwnEdgeRoutes(router);
  registerMaintenanceRoutes(router);
}
