import assert from 'node:assert/strict';
import { EdgeBook } from '../../../lib/edges/hub/edge-book';
import { EnrolmentOffice } from '../../../lib/edges/hub/enrolment-office';
import { EdgeDocument } from '../../../lib/edges/hub/hub-documents';
import { type Log, type LogFields, silentLog } from '../../../lib/log';
import { openDocumentStore, Secrets } from '../../../lib/store';
import { theHubKey } from '../../support/edge-builders';
import { FakeClock } from '../../support/fake-clock';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

describe('requests to enrol', () => {
  it('GIVEN_rubbish_at_any_rate_THEN_there_is_one_warning_of_a_kind_a_minute_that_tells_how_many_there_were', async () => {
    await using folder = await temporaryFolder();
    const parse = (raw: unknown) => EdgeDocument.parse(raw);
    const edges = await openDocumentStore({ path: folder.path, name: 'edges', log: silentLog, parse });
    const clock = new FakeClock();
    const warnings: { readonly event: string; readonly fields: LogFields }[] = [];
    const log: Log = { ...silentLog, warn: (event, fields = {}) => void warnings.push({ event, fields }) };
    const hubId = 'hub-1';
    let answerCount = 0;
    const bus = {
      publish: async () => {
        answerCount += 1;
      },
      subscribe: async () => async () => undefined,
      onConnection: () => () => undefined,
    };
    const book = new EdgeBook({ hubId, clock, edges, secrets: await Secrets.open(folder.path) });
    const office = new EnrolmentOffice({ hubId, key: theHubKey, bus, clock, log }, book, () => undefined);
    const topic = 'enrol/0123456789abcdef/request';
    const rubbish = { topic, payload: Buffer.from('rubbish'), isRetained: false };
    for (let second = 0; second < 59; second += 1) {
      for (let n = 0; n < 30; n += 1) office.take(rubbish);
      await waitFor(() => answerCount === 20 * (second + 1), { intervalMs: 0 });
      clock.advance(1_000);
    }
    assert.deepEqual(warnings.map(({ event }) => event).sort(), [
      'enrolment refused',
      'enrolment request dropped, there are too many',
    ]);
    clock.advance(1_000);
    for (let n = 0; n < 21; n += 1) office.take(rubbish);
    await waitFor(() => warnings.length === 4);
    const counts = warnings.slice(2).map(({ fields }) => fields['leftOutCount']);
    assert.deepEqual(counts.sort(), [59 * 10 - 1, 59 * 20 - 1].sort());
    await edges.close();
  });
});
