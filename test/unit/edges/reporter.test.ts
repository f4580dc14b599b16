import assert from 'node:assert/strict';
import { emptyState, type ModelState, targetKey } from '../../../lib/edges/agent/model-state';
import { Reporter } from '../../../lib/edges/agent/reporter';
import type { Capabilities, EdgeEvent } from '../../../lib/edges/protocol/documents';
import { MAX_DOCUMENT_BYTES } from '../../../lib/edges/protocol/envelope';
import { silentLog } from '../../../lib/log';
import { anAcceptedDesired, aTarget } from '../../support/edge-builders';
import { FakeClock } from '../../support/fake-clock';
import { waitFor } from '../../support/wait-for';

const capabilities = { features: ['models'] } as unknown as Capabilities;

function failing(name: string): ModelState {
  const target = aTarget(name, 1);
  const told = { targetKey: targetKey(target), attempt: target.attempt, code: 'X', message: 'ä'.repeat(500) };
  return { ...emptyState(name), failure: { ...told, step: 'warm', count: 1, retryAt: 1 } };
}

function aReporter(count: number) {
  const names = Array.from({ length: count }, (_, index) => `model-${index}`);
  const desired = anAcceptedDesired(names.map((name) => aTarget(name, 1)));
  const models = new Map(names.map((name) => [name, failing(name)]));
  const sent: { topic: string; document: Record<string, unknown> }[] = [];
  let isConnected = true;
  const reporter = new Reporter({
    clock: new FakeClock(),
    log: silentLog,
    send: async (topic, _type, document) => void sent.push({ topic, document: document as Record<string, unknown> }),
    canSend: () => isConnected,
    wake: () => undefined,
    content: () => ({
      desired: null,
      capabilities,
      models: { desired, models, active: new Map(), progress: new Map() },
      pipelines: [],
    }),
  });
  const connect = (is: boolean): void => {
    isConnected = is;
  };
  const modelsTold = (): readonly { readonly error: { readonly message: string } }[] =>
    sent[0]?.document['models'] as never;
  return { reporter, sent, connect, modelsTold };
}

describe('what an edge tells', () => {
  it('is told at length while it fits', async () => {
    const { reporter, modelsTold } = aReporter(1);
    await reporter.report();
    assert.equal(modelsTold()[0]?.error.message.length, 500);
  });

  it('fits into a document however many models fail', async () => {
    const { reporter, sent, modelsTold } = aReporter(190);
    await reporter.report();
    assert.ok(Buffer.byteLength(JSON.stringify(sent[0]?.document)) < MAX_DOCUMENT_BYTES.reported);
    assert.equal(modelsTold().length, 190);
  });

  it('is split where events are long, and none is lost or told twice', async () => {
    const { reporter, sent, connect } = aReporter(0);
    connect(false);
    const events = Array.from(
      { length: 120 },
      (_, index): EdgeEvent => ({ type: 'log', at: index, level: 'warn', text: 'ä'.repeat(900) }),
    );
    for (const event of events) reporter.tell(event);
    connect(true);
    reporter.again();
    await waitFor(() => sent.reduce((sum, { document }) => sum + (document['events'] as unknown[]).length, 0) === 120);
    for (const { document } of sent) {
      assert.ok(Buffer.byteLength(JSON.stringify(document)) < MAX_DOCUMENT_BYTES.event);
    }
    assert.deepEqual(
      sent.flatMap(({ document }) => document['events']),
      events,
    );
  });
});
