import assert from 'node:assert/strict';
import { AgentDocument } from '../../../lib/edges/agent/agent-documents';
import { CommandDesk } from '../../../lib/edges/agent/command-desk';
import { ModelState } from '../../../lib/edges/agent/model-state';
import { pipelineExecutors } from '../../../lib/edges/agent/pipelines/pipeline-commands';
import { seal } from '../../../lib/edges/protocol/envelope';
import { silentLog } from '../../../lib/log';
import { openDocumentStore } from '../../../lib/store';
import { theHubKey, theIdentity } from '../../support/edge-builders';
import { FakeClock } from '../../support/fake-clock';
import { temporaryFolder } from '../../support/temporary-folder';

const aCommand = (id: string, type: string, expiresAt: number): Buffer => {
  const { hubId, edge, edgeKeyId } = theIdentity;
  const document = { v: 1, hubId, edge, edgeKeyId, id, issuedAt: 0, expiresAt, command: { type } };
  return seal('command', document, theHubKey);
};

describe('commands to an edge', () => {
  for (const { name, type, lifeMs, expected } of [
    { name: 'one that has expired', type: 'report', lifeMs: -3_600_000, expected: ['refused', /^expired: /] as const },
    { name: 'one that it does not know', type: 'dance', lifeMs: 60_000, expected: ['refused', /dance/] as const },
    { name: 'one that is carried out', type: 'report', lifeMs: 60_000, expected: ['done', /^$/] as const },
  ]) {
    it(`answers ${name} once, however often it is repeated`, async () => {
      await using folder = await temporaryFolder();
      const at = { path: folder.path, log: silentLog };
      const stores = {
        agent: await openDocumentStore({ ...at, name: 'agent', parse: (raw) => AgentDocument.parse(raw) }),
        models: await openDocumentStore({ ...at, name: 'models', parse: (raw) => ModelState.parse(raw) }),
      };
      const clock = new FakeClock();
      const expiresAt = clock.now() + lifeMs;
      const carriedOut: string[] = [];
      const desk = new CommandDesk(
        { stores, clock, log: silentLog },
        {
          report: async () => void carriedOut.push('report'),
          retry: async () => void carriedOut.push('retry'),
          ...pipelineExecutors(undefined),
          'run-news': async () => undefined,
          'rows-taken': async () => undefined,
        },
      );
      const answers = [];
      for (let time = 0; time < 5; time += 1)
        answers.push(await desk.take(aCommand('one', type, expiresAt), theIdentity));
      const told = answers.flatMap((answer) => (answer?.type === 'command' ? [answer] : []));
      assert.equal(told.length, 1);
      assert.equal(told[0]?.result, expected[0]);
      assert.match(told[0]?.reason ?? '', expected[1]);
      assert.equal(carriedOut.length, expected[0] === 'done' ? 1 : 0);
      assert.ok(await desk.take(aCommand('two', type, expiresAt), theIdentity));
      await stores.agent.close();
      await stores.models.close();
    });
  }
});
