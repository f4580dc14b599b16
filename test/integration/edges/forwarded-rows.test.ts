import assert from 'node:assert/strict';
import type { QueryRows } from '../../../lib/collections';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { mosquittoPath } from '../../support/mosquitto';
import type { NodeRed } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

describe('rows that an edge forwards', function () {
  this.timeout(240_000);
  let lab: EdgeTrainingLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await EdgeTrainingLab.start({
      hub: { edges: { acceptRows: ['readings', 'fixed'] } },
      forward: ['Readings', 'fixed', 'unwanted'],
    });
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const ask = async <T>(on: NodeRed, method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await on.api<T>(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  const insert = (collection: string, rows: readonly object[]): Promise<unknown> =>
    ask(lab.edge, 'POST', `collections/${collection}/rows`, rows);
  const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => ({ x: from + n }));
  const valuesOf = async (collection: string): Promise<readonly unknown[]> => {
    const query = `SELECT x FROM ${collection} ORDER BY x`;
    const answer = await lab.hub.nodeRed.api<QueryRows>('POST', 'collections/query', { query, limit: 1_000 });
    return answer.status < 300 ? answer.body.rows.map(({ x }) => x) : [];
  };
  const hubHas = (collection: string, count: number): Promise<unknown> => {
    let seen: readonly unknown[] = [];
    return waitFor(
      async () => {
        seen = await valuesOf(collection);
        return seen.length >= count;
      },
      // An edge whose broker was away for long looks for it more and more rarely.
      { timeoutMs: 100_000, what: () => `${count} rows: ${seen.length}\n${lab.edge.log}\n${lab.hub.nodeRed.log}` },
    );
  };

  it('come to the collection of that name, which is made, with their ids, and stay on the edge', async () => {
    await ask(lab.edge, 'POST', 'collections', { name: 'readings' });
    await insert('readings', numbers(0, 10));
    await hubHas('readings', 10);
    const query = 'SELECT item_id, created, x FROM readings ORDER BY x';
    const on = (nodeRed: NodeRed) => ask<QueryRows>(nodeRed, 'POST', 'collections/query', { query });
    assert.deepEqual((await on(lab.hub.nodeRed)).rows, (await on(lab.edge)).rows);
  });

  it('GIVEN_no_broker_and_an_edge_that_is_killed_WHEN_rows_come_THEN_all_of_them_come_once_when_it_is_back', async () => {
    await lab.broker.pause();
    await insert('readings', numbers(10, 5));
    await lab.edge.restart('SIGKILL');
    await insert('readings', numbers(15, 5));
    await lab.hub.nodeRed.restart('SIGKILL');
    await lab.broker.resume();
    await hubHas('readings', 20);
    await lab.edgeIs('online');
    await insert('readings', numbers(20, 1));
    await hubHas('readings', 21);
    assert.deepEqual(
      await valuesOf('readings'),
      Array.from({ length: 21 }, (_, x) => x),
    );
  });

  it('are not taken into a collection that the hub does not name, and that is said', async () => {
    await ask(lab.edge, 'POST', 'collections', { name: 'unwanted' });
    await insert('unwanted', numbers(0, 1));
    await waitFor(() => lab.hub.nodeRed.log.includes('forwards rows that are not accepted'), { what: 'the warning' });
    assert.equal((await lab.hub.nodeRed.api('GET', 'collections/unwanted')).status, 404);
  });

  it('GIVEN_rows_that_do_not_fit_WHEN_they_come_THEN_the_others_are_taken_AND_later_ones_follow_AND_that_is_said', async () => {
    const columns = [{ name: 'x', type: 'number' }];
    await ask(lab.hub.nodeRed, 'POST', 'collections', { name: 'fixed', columns });
    await ask(lab.edge, 'POST', 'collections', { name: 'fixed', columns: [{ name: 'x', type: 'json' }] });
    await insert('fixed', [{ x: 1 }, { x: 'two', item_id: 'the-second' }, { x: [3] }, { x: 4 }]);
    await hubHas('fixed', 2);
    const warning = /rows of an edge left out .*/;
    const told = await waitFor(() => warning.exec(lab.hub.nodeRed.log)?.[0], { what: () => lab.hub.nodeRed.log });
    for (const part of ['edge-2', 'fixed', '2', 'the-second', 'the text', 'do not fit the collection']) {
      assert.ok(told.includes(part), `${part} in ${told}`);
    }
    await insert('fixed', numbers(5, 1));
    await hubHas('fixed', 3);
    assert.deepEqual(await valuesOf('fixed'), [1, 4, 5]);
  });
});
