import type { Clock } from '../../clock';
import type { Log } from '../../log';
import type { Registry } from '../../registry';
import type { Secrets } from '../../store';
import type { Bus } from '../bus';
import type { SigningKey } from '../protocol/keys';
import type { DesiredRun } from '../protocol/run-documents';
import type { EdgeDocument, HubStores } from './hub-documents';
import type { RevisionsDeps } from './pipelines/revisions';

export interface EdgeHubDeps {
  /** Names the hub in every topic and every signed document; of the data folder, so that it comes back with a backup. */
  readonly hubId: string;
  /** For people. */
  readonly hubName: string;
  /** `keys/hub.pem`: what edges obey. */
  readonly key: SigningKey;
  /** Below the base of `hubId`; not open yet, so that the first connection has a last will. */
  readonly bus: Bus;
  readonly stores: HubStores;
  readonly secrets: Secrets;
  readonly registry: Pick<Registry, 'findModel' | 'getModel' | 'findVersion' | 'getVersion' | 'onChange'>;
  /** Where bundles of pipelines lie, beside the models. */
  readonly blobs: RevisionsDeps['blobs'];
  readonly library: RevisionsDeps['library'];
  /** `modelManagement.broker` as a new edge needs it, without secrets of the hub. */
  readonly brokerOfEdges: () => Readonly<Record<string, unknown>>;
  /** The training runs that an edge shall carry out; default none. */
  readonly runsOf?: (edge: EdgeDocument) => readonly DesiredRun[];
  readonly clock: Clock;
  readonly log: Log;
}
