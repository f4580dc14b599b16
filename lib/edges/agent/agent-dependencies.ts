import type { Clock } from '../../clock';
import type { Log } from '../../log';
import type { Bus } from '../bus';
import type { PublicKeyText } from '../protocol/keys';
import type { AgentStores } from './agent-documents';
import type { EdgeEffects } from './edge-effects';
import type { PipelineAgent } from './pipelines/pipeline-agent';
import type { RowForwarder } from './rows/row-forwarder';
import type { EdgeRuns } from './runs/edge-runs';
import type { HubTraining } from './runs/hub-training';

export interface EdgeAgentDeps {
  /** Below the base of `settings.hubId`; not open yet, so that the first connection has a last will. */
  readonly bus: Bus;
  readonly stores: AgentStores;
  /** Where the edge's keys lie. */
  readonly keysPath: string;
  readonly effects: EdgeEffects;
  /** Where pipelines of the hub can run. */
  readonly pipelines?: PipelineAgent | undefined;
  /** Absent = this edge carries out no runs. */
  readonly runs?: EdgeRuns;
  /** For nodes that ask for runs of the hub. */
  readonly hubTraining?: HubTraining;
  /** Rows that go to the hub. */
  readonly rows?: RowForwarder;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: EdgeAgentSettings;
  /** The connection is to be made anew, with another last will. */
  readonly renewConnection: () => void;
}

/** `modelManagement.edge` as it came from the hub. */
export interface EdgeAgentSettings {
  readonly name: string;
  readonly hubId: string;
  readonly hubPublicKey: PublicKeyText;
  /** Not needed any more once it was used. */
  readonly token?: string | undefined;
}
