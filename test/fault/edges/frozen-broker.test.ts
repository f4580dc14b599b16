import assert from 'node:assert/strict';
import { edgeLabForEach } from '../../support/edge-checks';
import { type EdgeLab, type OpenAgent, PlayedMachine } from '../../support/edge-lab';
import { TcpLine } from '../../support/tcp-line';
import { waitFor } from '../../support/wait-for';

const keepAliveSeconds = 1;

describe('a broker that is there and does not answer', function () {
  this.timeout(60_000);
  let lab: EdgeLab;
  const { runs, isState } = edgeLabForEach((opened) => {
    lab = opened;
  });
  const assign = (version: number) => lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version }] }, 'ann');
  const anEdge = async (brokerUrl = lab.broker.url): Promise<OpenAgent> => {
    const settings = await lab.add('edge-2');
    const agent = await lab.agent({ settings, machine: new PlayedMachine(), brokerUrl, keepAliveSeconds });
    await isState('edge-2', 'online');
    await assign(1);
    await runs('edge-2', 1);
    // A keep-alive this short ends the connection of a process that was held up.
    await isState('edge-2', 'online');
    return agent;
  };

  it('GIVEN_a_line_that_freezes_WHEN_the_keep_alive_is_over_THEN_the_edge_is_offline_AND_does_what_it_missed_once_the_line_goes_on', async () => {
    await using line = await TcpLine.to(lab.broker.port);
    const edge = await anEdge(`mqtt://127.0.0.1:${line.port}`);
    const frozenAt = performance.now();
    const thaw = line.freeze();
    await assign(2);
    await isState('edge-2', 'offline');
    const passedMs = performance.now() - frozenAt;
    assert.ok(passedMs > keepAliveSeconds * 500, `offline after ${passedMs} ms: the line was not frozen`);
    await waitFor(() => !edge.bus.isConnected, { what: 'the edge to give the connection up' });
    assert.equal(lab.hub.hub.get('edge-2').models[0]?.reported, 1);
    thaw();
    await runs('edge-2', 2);
    await isState('edge-2', 'online');
  });

  it('GIVEN_a_broker_that_freezes_WHEN_the_keep_alive_is_over_THEN_the_edge_lets_go_AND_does_what_it_missed_once_the_broker_goes_on', async () => {
    const edge = await anEdge();
    const thaw = lab.broker.freeze();
    try {
      await waitFor(() => !edge.bus.isConnected, { what: 'the edge to give the connection up' });
      await assign(2);
    } finally {
      thaw();
    }
    await runs('edge-2', 2);
    await isState('edge-2', 'online');
  });

  it('GIVEN_a_broker_that_is_killed_WHEN_it_is_back_with_nothing_retained_THEN_the_edge_does_what_it_missed', async () => {
    await anEdge();
    await lab.broker.pause('SIGKILL');
    await assign(2);
    await lab.broker.resume();
    await runs('edge-2', 2);
    await isState('edge-2', 'online');
  });
});
