import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  CommandDocument,
  DesiredDocument,
  EdgeEvent,
  EnrolAnswer,
  EnrolRequest,
  EventDocument,
  HubPresence,
  OnlineState,
  ReportedState,
} from '../../../lib/edges/protocol/documents';
import { type DocumentType, documentTypes, MAX_DOCUMENT_BYTES } from '../../../lib/edges/protocol/envelope';
import { edgeTopics, enrolTopics, HUB_TOPIC } from '../../../lib/edges/protocol/topics';

const text = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'edge-protocol.md'), 'utf8');

const schemas: Record<DocumentType, z.ZodType> = {
  hub: HubPresence,
  desired: DesiredDocument,
  reported: ReportedState,
  online: OnlineState,
  command: CommandDocument,
  event: EventDocument,
  'enrol-request': EnrolRequest,
  'enrol-answer': EnrolAnswer,
};

describe('docs/edge-protocol.md', () => {
  const examples = [...text.matchAll(/```json ([a-z-]+)\n([\s\S]*?)```/g)];

  it('has an example of each document', () => {
    assert.deepEqual([...new Set(examples.map(([, type]) => type))].sort(), [...documentTypes].sort());
  });

  for (const [, type = '', json = ''] of examples) {
    it(`gives an example of ${type} that is one, and holds no field that is not read`, () => {
      // Ids are cut for the reader.
      const example: unknown = JSON.parse(json.replaceAll('…"', '"'));
      const parsed = schemas[type as DocumentType].parse(example);
      assert.deepEqual(parsed, example);
      if (type === 'event') for (const event of (parsed as EventDocument).events) EdgeEvent.parse(event);
    });
  }

  it('names the topics as they are', () => {
    const edge = Object.values(edgeTopics('<edge>'));
    const enrol = enrolTopics('<tokenId>');
    for (const topic of [HUB_TOPIC, ...edge, enrol.request]) assert.ok(text.includes(`\`${topic}\``), topic);
    assert.equal(MAX_DOCUMENT_BYTES.desired, 65_536);
  });
});
