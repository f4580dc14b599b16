import assert from 'node:assert/strict';
import { setImmediate as settled } from 'node:timers/promises';
import fc from 'fast-check';
import { AliasName, ModelName } from '../../../lib/ids';
import type { RouteState } from '../../../lib/inference/route';
import { type Following, Serving } from '../../../lib/inference/serving';
import { silentLog } from '../../../lib/log';
import type { AliasSwitch } from '../../../lib/registry/dependencies';
import type { Usage } from '../../../lib/registry/types';
import { aSource, HandEngine } from '../../support/hand-engine';

const aFollower = (id: string): Usage => ({ kind: 'node', id, name: id, tab: '' });
const m = ModelName.parse('m');
const deployed = AliasName.parse('deployed');

function startServing() {
  const engine = new HandEngine();
  const registry: { deployed: number | undefined } = { deployed: undefined };
  const serving = new Serving({
    engine,
    log: silentLog,
    findVersion: () => (registry.deployed === undefined ? undefined : aSource(registry.deployed)),
    stageFile: () => Promise.resolve(undefined),
    watchFile: () => () => undefined,
  });
  return { engine, registry, serving };
}

/** One step of a random history; `at` picks one of what is there. */
type Step =
  | { readonly kind: 'move' | 'prepare'; readonly version: number }
  | { readonly kind: 'loaded' | 'unloadable' | 'release' | 'commit' | 'abandon'; readonly at: number }
  | { readonly kind: 'delete' | 'refresh' | 'follow' | 'microtask' | 'settle' };

const version = fc.integer({ min: 1, max: 3 });
const at = fc.nat({ max: 5 });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('move' as const, 'prepare' as const), version }),
  fc.record({ kind: fc.constantFrom('loaded' as const, 'unloadable' as const), at }),
  fc.record({ kind: fc.constantFrom('release' as const, 'commit' as const, 'abandon' as const), at }),
  fc.record({
    kind: fc.constantFrom('delete' as const, 'refresh' as const, 'follow' as const),
  }),
  fc.record({ kind: fc.constantFrom('microtask' as const, 'settle' as const) }),
);

/** A serving with followers that check, at every change, what they may see. */
class History {
  readonly lab = startServing();
  private readonly following: { readonly hold: Following; readonly stop: () => void }[] = [];
  private readonly switches: { readonly version: number; readonly act: AliasSwitch }[] = [];
  /** False = since it was last served, there was always a version to serve. */
  private hasGap = true;

  async take(step: Step): Promise<void> {
    const { engine, registry, serving } = this.lab;
    switch (step.kind) {
      case 'move':
        registry.deployed = step.version;
        serving.modelChanged('m');
        break;
      case 'delete':
        registry.deployed = undefined;
        this.hasGap = true;
        serving.modelChanged('m');
        break;
      case 'prepare':
        serving.prepareAlias(m, deployed, aSource(step.version)).then(
          (act) => this.switches.push({ version: step.version, act }),
          () => undefined,
        );
        break;
      case 'commit':
      case 'abandon':
        this.endSwitch(step.kind, step.at);
        break;
      case 'loaded':
        engine.loads[step.at % Math.max(1, engine.loads.length)]?.succeed();
        break;
      case 'unloadable':
        engine.loads[step.at % Math.max(1, engine.loads.length)]?.fail('VERSION_UNUSABLE');
        break;
      case 'follow':
        this.follow();
        break;
      case 'release':
        this.release(step.at);
        break;
      case 'refresh':
        serving.modelChanged('m');
        break;
      case 'microtask':
        await Promise.resolve();
        break;
      case 'settle':
        await settled();
        break;
    }
  }

  /** Ends what is under way; every follower must then be served what the registry says, by one lease. */
  async end(): Promise<void> {
    const { engine, registry, serving } = this.lab;
    for (let round = 0; round < 20; round += 1) {
      serving.modelChanged('m');
      await settled();
      for (const load of [...engine.loads]) load.succeed();
      await settled();
      while (this.switches.length > 0) this.endSwitch('abandon', 0);
    }
    for (const { hold } of this.following) {
      const { served } = hold.route;
      assert.equal(served?.version, registry.deployed);
      if (served) assert.ok(engine.isHeld(served.loaded));
    }
    const expected = this.following.length > 0 && registry.deployed !== undefined ? [registry.deployed] : [];
    assert.deepEqual(engine.heldVersions, expected);
    this.hasGap = true;
    serving.close();
    assert.deepEqual(engine.heldVersions, []);
    assert.ok(engine.leases.every(({ releaseCount }) => releaseCount === 1));
    for (const { stop, hold } of this.following) {
      stop();
      hold.release();
    }
  }

  private endSwitch(kind: 'commit' | 'abandon', index: number): void {
    const [chosen] = this.switches.splice(index % Math.max(1, this.switches.length), 1);
    if (!chosen) return;
    chosen.act[kind]();
    if (kind === 'abandon') return;
    // As the registry does: written, switched, announced.
    this.lab.registry.deployed = chosen.version;
    for (const { hold } of this.following) assert.equal(hold.route.served?.version, chosen.version);
    this.lab.serving.modelChanged('m');
  }

  private follow(): void {
    const hold = this.lab.serving.follow('m', 'deployed', aFollower(String(this.following.length)));
    let before: RouteState['status'] = 'loading';
    const stop = hold.route.watch((state) => {
      if (state.status === 'serving') {
        assert.ok(this.lab.engine.isHeld(state.served.loaded), 'what is shown is leased');
        if (this.lab.registry.deployed !== undefined) this.hasGap = false;
      } else if (before === 'serving') {
        assert.ok(this.hasGap && state.status === 'missing', `no gap, but ${state.status} after serving`);
      }
      before = state.status;
    });
    this.following.push({ hold, stop });
  }

  private release(index: number): void {
    const [chosen] = this.following.splice(index % Math.max(1, this.following.length), 1);
    chosen?.stop();
    chosen?.hold.release();
    chosen?.hold.release();
  }
}

describe('the serving of models', () => {
  for (const isDeaf of [false, true]) {
    it(`never leaks a lease, gives none back twice, and ends at what the registry says, in any order of events${isDeaf ? ', with loads that cannot be given up' : ''}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(aStep, { maxLength: 60 }), async (steps) => {
          const history = new History();
          history.lab.engine.isDeaf = isDeaf;
          await history.take({ kind: 'follow' });
          for (const step of steps) await history.take(step);
          await history.end();
        }),
        { numRuns: 300 },
      );
    });
  }

  it('shares one load among all that follow the same name, whatever its case, and lets go after the last', async () => {
    const { engine, registry, serving } = startServing();
    registry.deployed = 1;
    const first = serving.follow('m', 'deployed', aFollower('1'));
    const second = serving.follow('M', 'deployed', aFollower('2'));
    await settled();
    assert.equal(engine.loads.length, 1);
    engine.loads[0]?.succeed();
    await settled();
    assert.deepEqual(
      serving.followersOf('m').map(({ id, ref }) => [id, ref]),
      [
        ['1', 'deployed'],
        ['2', 'deployed'],
      ],
    );
    first.release();
    assert.equal(second.route.served?.version, 1);
    second.release();
    assert.deepEqual([engine.heldVersions, serving.followersOf('m')], [[], []]);
  });

  it('tells how what is followed does, and whenever that changes', async () => {
    const { engine, registry, serving } = startServing();
    const told: unknown[] = [];
    const stop = serving.onChange(({ model }) => told.push([model, serving.stateOf('M', 'deployed')?.status]));
    const { release } = serving.follow('m', 'deployed', aFollower('1'));
    await settled();
    registry.deployed = 1;
    serving.modelChanged('m');
    await settled();
    engine.loads[0]?.fail('VERSION_UNUSABLE');
    await settled();
    serving.modelChanged('m');
    await settled();
    engine.loads[0]?.succeed();
    await settled();
    const expected = ['missing', 'loading', 'failed', 'loading', 'serving'].map((status) => ['m', status]);
    assert.deepEqual(told.slice(-expected.length), expected);
    stop();
    const { length } = told;
    release();
    assert.deepEqual([told.length, serving.stateOf('m', 'deployed')], [length, undefined]);
  });

  it('gives a lent version back when the work fails', async () => {
    const { engine, serving } = startServing();
    const used = serving.use(aSource(1), () => Promise.reject(new Error('no')));
    engine.loads[0]?.succeed();
    await assert.rejects(used, /no/);
    assert.deepEqual(engine.heldVersions, []);
  });

  it('GIVEN_no_follower_WHEN_an_alias_moves_THEN_the_lease_goes_back', async () => {
    const { engine, serving } = startServing();
    const preparing = serving.prepareAlias(m, deployed, aSource(1));
    engine.loads[0]?.succeed();
    const move = await preparing;
    move.commit();
    move.abandon();
    assert.deepEqual(engine.leases, [{ version: 1, releaseCount: 1, keepMs: undefined }]);
  });

  it('GIVEN_no_process_left_for_a_model_WHEN_another_is_let_go_THEN_it_is_loaded_at_once', async () => {
    const { engine, registry, serving } = startServing();
    registry.deployed = 1;
    const first = serving.follow('m', '1', aFollower('1'));
    await settled();
    engine.loads[0]?.succeed();
    await settled();
    const second = serving.follow('m', 'deployed', aFollower('2'));
    await settled();
    engine.loads[0]?.fail('ENGINE_FULL');
    await settled();
    assert.equal(second.route.state.status, 'failed');
    first.release();
    await settled();
    engine.loads[0]?.succeed();
    await settled();
    assert.equal(second.route.served?.version, 1);
    serving.close();
  });
});
