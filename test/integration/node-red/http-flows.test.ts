import assert from 'node:assert/strict';
import { withTab } from '../../../lib/pipeline/pipelines/tab-changes';
import { FlowAdapter } from '../../../plugins/model-management/runtime/flows/flow-adapter';
import { httpFlows } from '../../../plugins/model-management/runtime/flows/http-flows';
import { NodeRed, nodeRedMajor } from '../../support/node-red';

/** What the plugin does where it does not find the runtime API; here from outside, so no event tells of the start. */
describe(`flows changed over HTTP in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  const tab = { id: 't', type: 'tab', label: 'T', disabled: false, info: '', env: [] };

  it('are read and stored at their revision', async () => {
    await using nodeRed = await NodeRed.start({ flows: [tab] as never });
    const api = httpFlows(`${nodeRed.url}`, undefined);
    assert.equal(await api.state(), 'start');
    const types = await api.types();
    assert.ok(types.has('onnx-model') && types.has('mqtt in'));
    const now = await api.getFlows();
    assert.deepEqual(
      now?.flows.map(({ id }) => id),
      ['t'],
    );
    const next = { flows: withTab(now?.flows ?? [], 't', true), rev: now?.rev ?? '' };
    const revision = await api.setFlows(next, null);
    assert.notEqual(revision, next.rev);
    assert.equal((await api.getFlows())?.flows[0]?.['disabled'], true);
    await assert.rejects(api.setFlows(next, null), { code: 'version_mismatch' });
  });

  it('conflict clearly when somebody deploys all the time', async () => {
    await using nodeRed = await NodeRed.start({ flows: [tab] as never });
    const api = httpFlows(`${nodeRed.url}`, undefined);
    let label = 0;
    const busy = {
      ...api,
      types: async () => {
        label += 1;
        const now = await api.getFlows();
        const flows = (now?.flows ?? []).map((entry) => ({ ...entry, label: `T${label}` }));
        await api.setFlows({ flows, rev: now?.rev ?? '' }, null);
        return api.types();
      },
    };
    const events = { on: () => undefined, off: () => undefined } as never;
    const host = { events, settings: {}, standstill: () => undefined };
    const adapter = new FlowAdapter(host, () => busy);
    await assert.rejects(
      adapter.deploy((entries) => withTab(entries, 't', true), null),
      { code: 'FLOWS_CHANGED' },
    );
    const [left] = (await api.getFlows())?.flows ?? [];
    assert.deepEqual([left?.['label'], left?.['disabled']], ['T3', false], 'nothing of the others is lost');
  });
});
