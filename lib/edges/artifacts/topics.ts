import { Digest } from '../../ids';

/*
 * Below `<prefix>/v1/<hubId>/`. Who offers publishes manifest, chunks and pace; who lacks an artifact publishes wants.
 */

export const manifestTopic = (digest: Digest): string => `artifacts/${digest}/manifest`;
export const chunkTopic = (digest: Digest, n: number): string => `artifacts/${digest}/chunk/${n}`;
export const wantTopic = (digest: Digest): string => `artifacts/${digest}/want`;

export const allChunksOf = (digest: Digest): string => `artifacts/${digest}/chunk/+`;
export const ALL_WANTS = 'artifacts/+/want';

/**
 * Nobody subscribes to it. Chunks go at QoS 0, so that brokers keep none of them for clients that are away, where they
 * would push commands out of the queue; the acknowledgement of an empty message here tells that the broker has taken
 * all that was sent before it.
 */
export const PACE_TOPIC = 'artifacts/pace';

/** The digest of `artifacts/<digest>/want`; undefined for anything else. */
export function wantedDigest(topic: string): Digest | undefined {
  const digest = Digest.safeParse(/(?:^|\/)artifacts\/([^/]+)\/want$/.exec(topic)?.[1]);
  return digest.success ? digest.data : undefined;
}

/** The number of `…/chunk/<n>`; undefined for anything else. */
export function chunkNumber(topic: string): number | undefined {
  const text = /\/chunk\/(0|[1-9]\d{0,9})$/.exec(topic)?.[1];
  return text === undefined ? undefined : Number(text);
}
