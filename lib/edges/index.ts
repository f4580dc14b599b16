export type { EdgeAgentDeps, EdgeAgentSettings } from './agent/agent-dependencies';
export { AgentDocument, type AgentStores } from './agent/agent-documents';
export type { EdgeCommand } from './agent/command-desk';
export { EdgeAgent, type EdgeAgentStatus } from './agent/edge-agent';
export type { EdgeEffects } from './agent/edge-effects';
export type { EnrolmentState } from './agent/enrolment';
export type { ServedRequests } from './agent/health';
export { ModelState } from './agent/model-state';
export type { Bus, BusMessage } from './bus';
export { EdgeHub, type Enrolment } from './hub/edge-hub';
export type { EdgeHubDeps } from './hub/hub-dependencies';
export {
  AssignmentDocument,
  EdgeDocument,
  EdgeStateDocument,
  type HubStores,
  IssuedDocument,
} from './hub/hub-documents';
export { RolloutDocument } from './hub/rollout/rollout-document';
export type { RolloutSummary, RolloutView } from './hub/rollout/rollout-view';
export { filesOfVersion, versionAttributes } from './hub/version-files';
export type { EdgeModelView, EdgeState, EdgeView } from './hub/views';
export { type LastWill, MqttBus, type MqttBusOptions } from './mqtt-bus';
export type { BrokerAddress } from './mqtt-connection';
export type { Capabilities, DesiredFile, DesiredModel, DesiredVersion, EdgeEvent } from './protocol/documents';
export { openSigningKey, PublicKeyText, type SigningKey } from './protocol/keys';
export { EDGE_NAME, LOCAL_EDGE } from './protocol/names';
export { baseTopic } from './protocol/topics';
