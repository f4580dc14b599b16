import { EDGE_NAME } from './names';

/** Version of the protocol: part of every topic, so hubs and edges of two versions do not hear each other by mistake. */
export const PROTOCOL_VERSION = 1;

/** All topics of a hub lie below this; topics elsewhere in `lib/edges` are relative to it. Ends in `/`. */
export function baseTopic(prefix: string, hubId: string): string {
  return `${prefix}/v${PROTOCOL_VERSION}/${hubId}/`;
}

export const HUB_TOPIC = 'hub';

/** Topics of one edge, by its name as it was first written. */
export const edgeTopics = (edge: string) => ({
  /** Hub to edge, retained. */
  desired: `edges/${edge}/desired`,
  /** Edge to hub, retained. */
  reported: `edges/${edge}/reported`,
  /** Edge to hub, retained, also the last will. */
  online: `edges/${edge}/online`,
  /** Hub to edge. */
  command: `edges/${edge}/command`,
  /** Edge to hub. */
  event: `edges/${edge}/event`,
});

/** Below it an edge offers artifacts, as the hub does at the root. */
export const artifactsOf = (edge: string): string => `edges/${edge}/`;

export const enrolTopics = (tokenId: string) => ({
  /** Edge to hub. */
  request: `enrol/${tokenId}/request`,
  /** Hub to edge. */
  answer: `enrol/${tokenId}/answer`,
});

/** What a hub listens to. */
export const hubFilters = {
  reported: 'edges/+/reported',
  online: 'edges/+/online',
  event: 'edges/+/event',
  enrol: 'enrol/+/request',
} as const;

/** The edge a topic below `edges/` belongs to; undefined where that is no name of an edge. */
export function edgeOfTopic(topic: string): string | undefined {
  const [folder, edge = ''] = topic.split('/');
  return folder === 'edges' && EDGE_NAME.test(edge) ? edge : undefined;
}

/** The token a topic below `enrol/` belongs to. */
export function tokenOfTopic(topic: string): string | undefined {
  const [folder, tokenId = ''] = topic.split('/');
  return folder === 'enrol' && /^[0-9a-f]{16}$/.test(tokenId) ? tokenId : undefined;
}
