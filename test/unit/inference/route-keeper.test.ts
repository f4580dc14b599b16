import assert from 'node:assert/strict';
import { setImmediate as settled } from 'node:timers/promises';
import { Route } from '../../../lib/inference/route';
import { RouteKeeper, type StagedSource } from '../../../lib/inference/route-keeper';
import type { ModelSource } from '../../../lib/inference/served-version';
import { type Log, silentLog } from '../../../lib/log';
import { aSource, HandEngine } from '../../support/hand-engine';

function startKeeper(log: Log = silentLog) {
  const engine = new HandEngine();
  const route = new Route('model', 'm', 'deployed');
  const meaning: { resolve: () => StagedSource | undefined | Promise<StagedSource | undefined> } = {
    resolve: () => undefined,
  };
  const keeper = new RouteKeeper(route, engine, () => meaning.resolve(), log);
  const point = (source: StagedSource | undefined): void => {
    meaning.resolve = () => source;
    keeper.refresh();
  };
  /** Loads a version and points the route at it. */
  const serve = async (source: ModelSource): Promise<void> => {
    point(source);
    await settled();
    engine.loads[0]?.succeed();
    await settled();
  };
  /** A version loaded by somebody else, as for a moved alias. */
  const loadedElsewhere = async (version: number) => {
    const source = aSource(version);
    const loading = engine.load({ key: String(version), model: 'm', version: source.version, modelPath: '' });
    engine.loads.at(-1)?.succeed();
    return { ...source, loaded: await loading };
  };
  return { engine, route, keeper, meaning, point, serve, loadedElsewhere };
}

const shown = ({ state }: Route): string => {
  if (state.status === 'serving')
    return `v${state.served.version}${state.next ? `, v${state.next.version} ${state.next.status}` : ''}`;
  return state.status === 'failed' ? state.error.code : state.status;
};

describe('the keeper of a route', () => {
  it('loads beside the serving version, switches, and lets the old one go at once', async () => {
    const { engine, route, serve, point, keeper } = startKeeper();
    await serve(aSource(1));
    assert.equal(shown(route), 'v1');
    point(aSource(2));
    await settled();
    assert.equal(shown(route), 'v1, v2 loading');
    engine.loads[0]?.succeed();
    await settled();
    assert.equal(shown(route), 'v2');
    assert.deepEqual(engine.leases, [
      { version: 1, releaseCount: 1, keepMs: 0 },
      { version: 2, releaseCount: 0, keepMs: undefined },
    ]);
    keeper.close();
    assert.deepEqual(
      engine.leases[1],
      { version: 2, releaseCount: 1, keepMs: undefined },
      'a deploy may want it again',
    );
  });

  it('keeps the old version when the new one does not load, and says so once', async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (event) => warnings.push(event) };
    const { engine, route, serve, point, keeper } = startKeeper(log);
    await serve(aSource(1));
    for (let attempt = 0; attempt < 3; attempt += 1) {
      point(aSource(2));
      await settled();
      engine.loads[0]?.fail('VERSION_UNUSABLE');
      await settled();
      assert.equal(shown(route), 'v1, v2 failed');
    }
    assert.equal(warnings.length, 1);
    assert.deepEqual(engine.heldVersions, [1]);
    keeper.close();
  });

  it('takes over edited labels without a load, and forgets a failed swap that nobody wants any more', async () => {
    const { engine, route, serve, point, keeper } = startKeeper();
    await serve(aSource(1));
    point(aSource(2));
    await settled();
    engine.loads[0]?.fail('VERSION_UNUSABLE');
    await settled();
    point(aSource(1, { labels: ['cat'] }));
    await settled();
    assert.equal(shown(route), 'v1');
    assert.deepEqual(route.served?.labels, ['cat']);
    assert.equal(engine.leases.length, 1);
    keeper.close();
  });

  for (const isDeaf of [false, true]) {
    const engineWords = isDeaf ? 'an engine that answers all the same' : 'an engine that gives up';

    it(`GIVEN_a_version_loading_WHEN_another_is_adopted_THEN_that_one_stays: ${engineWords}`, async () => {
      const { engine, route, point, keeper, loadedElsewhere } = startKeeper();
      engine.isDeaf = isDeaf;
      point(aSource(2));
      await settled();
      const stale = engine.loads[0];
      const third = await loadedElsewhere(3);
      keeper.adopt(third);
      assert.equal(shown(route), 'v3');
      point(aSource(3));
      stale?.succeed();
      await settled();
      assert.equal(shown(route), 'v3');
      assert.deepEqual(engine.heldVersions, [3]);
      keeper.close();
      assert.deepEqual(engine.heldVersions, []);
    });

    it(`GIVEN_a_version_loading_WHEN_another_is_adopted_and_the_load_fails_THEN_no_failure_shows: ${engineWords}`, async () => {
      const { engine, route, point, keeper, meaning, loadedElsewhere } = startKeeper();
      engine.isDeaf = isDeaf;
      point(aSource(2));
      await settled();
      const stale = engine.loads[0];
      keeper.adopt(await loadedElsewhere(3));
      meaning.resolve = () => aSource(3);
      stale?.fail('ENGINE_FULL');
      await settled();
      assert.equal(shown(route), 'v3');
      keeper.close();
    });

    it(`GIVEN_a_version_loading_WHEN_the_keeper_closes_THEN_no_lease_stays: ${engineWords}`, async () => {
      const { engine, route, point, keeper } = startKeeper();
      engine.isDeaf = isDeaf;
      let unstagedCount = 0;
      point({ ...aSource(1), unstage: () => (unstagedCount += 1) });
      await settled();
      const stale = engine.loads[0];
      keeper.close();
      keeper.close();
      stale?.succeed();
      await settled();
      assert.equal(shown(route), 'missing');
      assert.deepEqual(engine.heldVersions, []);
      assert.equal(unstagedCount, 1);
    });
  }

  it('GIVEN_a_look_that_has_not_answered_WHEN_a_version_is_adopted_THEN_the_stale_answer_loads_nothing', async () => {
    const { engine, route, keeper, meaning, loadedElsewhere } = startKeeper();
    let unstagedCount = 0;
    let answer: (source: StagedSource) => void = () => undefined;
    meaning.resolve = () => new Promise((resolve) => (answer = resolve));
    keeper.refresh();
    keeper.adopt(await loadedElsewhere(2));
    meaning.resolve = () => aSource(2);
    answer({ ...aSource(1), unstage: () => (unstagedCount += 1) });
    await settled();
    assert.equal(shown(route), 'v2');
    assert.deepEqual([engine.loads.length, engine.leases.length, unstagedCount], [0, 1, 1]);
    keeper.close();
  });

  it('gives a staged copy back exactly once: with the lease, when nothing loads, and when it is not needed', async () => {
    const { engine, point, keeper } = startKeeper();
    const unstaged: string[] = [];
    const staged = (version: number, name: string): StagedSource => ({
      ...aSource(version),
      unstage: () => unstaged.push(name),
    });
    point(staged(1, 'served'));
    await settled();
    engine.loads[0]?.succeed();
    await settled();
    point(staged(1, 'same'));
    await settled();
    assert.deepEqual(unstaged, ['same']);
    point(staged(2, 'unusable'));
    await settled();
    engine.loads[0]?.fail('VERSION_UNUSABLE');
    await settled();
    assert.deepEqual(unstaged, ['same', 'unusable']);
    point(staged(3, 'next'));
    await settled();
    engine.loads[0]?.succeed();
    await settled();
    assert.deepEqual(unstaged, ['same', 'unusable', 'served']);
    keeper.close();
    assert.deepEqual(unstaged, ['same', 'unusable', 'served', 'next']);
  });

  it('gives back what is adopted after the end', async () => {
    const { engine, keeper, loadedElsewhere } = startKeeper();
    keeper.close();
    keeper.adopt(await loadedElsewhere(1));
    assert.deepEqual(engine.heldVersions, []);
  });
});
