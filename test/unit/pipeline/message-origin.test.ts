import assert from 'node:assert/strict';
import { OriginMarks, originOf } from '../../../lib/pipeline/message-origin';

type Events = Parameters<OriginMarks['onSend']>[0];
type Flow = NonNullable<Events[number]['source']['node']['_flow']>;

const tab: Flow = {};
/** The running inside of a subflow instance, with these runtime ids in it. */
const inside = (instanceId: string, ids: string, parent: Flow = tab): Flow => ({
  subflowInstance: { id: instanceId },
  flow: { nodes: Object.fromEntries(ids.split(' ').map((id) => [id, {}])) },
  parent,
});

/** One send of `msg` to the nodes `to`, as Node-RED hands it to the hook. */
function events(id: string, to: string, options: { type?: string; flow?: Flow; msg?: object } = {}): Events {
  const { type = 'function', flow = tab, msg = { payload: 1 } } = options;
  return to.split(' ').map((destination) => ({
    msg,
    source: { node: { id, type, _flow: flow } },
    destination: { id: destination },
  }));
}

/** The origin of what each of `to` gets. */
function sent(...parameters: Parameters<typeof events>): (string | undefined)[] {
  const marks = new OriginMarks();
  marks.retain();
  const all = events(...parameters);
  assert.equal(marks.onSend(all), undefined);
  return all.map(({ msg }) => originOf(msg));
}

/** A message that comes from `origin`. */
function from(origin: string): object {
  const marks = new OriginMarks();
  marks.retain();
  const [event] = events(origin, 'x');
  if (event) marks.onSend([event]);
  return event?.msg ?? {};
}

describe('the origin of a message', () => {
  it('is the node that sent it', () => {
    assert.deepEqual(sent('a', 'x y'), ['a', 'a']);
    assert.deepEqual(sent('a', 'x', { msg: from('before') }), ['a']);
  });

  for (const type of ['junction', 'link in', 'link out', 'subflow:s']) {
    it(`stays what it was through ${type}`, () => {
      const flow = type === 'subflow:s' ? inside('i', 'i-x') : tab;
      assert.deepEqual(sent('i', type === 'subflow:s' ? 'i-x' : 'x', { type, flow, msg: from('a') }), ['a']);
    });
  }

  it('is the instance, once it leaves a subflow', () => {
    const flow = inside('i', 'i-x i-y');
    assert.deepEqual(sent('i-x', 'j', { flow }), ['i']);
    assert.deepEqual(sent('i-x', 'i-y j', { flow }), ['i-x', 'i']);
    assert.deepEqual(sent('i-x', 'i', { flow }), ['i'], 'an instance that feeds itself');
  });

  it('is the instance too, when only passages led through it', () => {
    const flow = inside('i', 'i-x');
    assert.deepEqual(sent('i', 'i-x j', { type: 'subflow:s', flow, msg: from('a') }), ['a', 'i']);
    assert.deepEqual(sent('i-x', 'j', { type: 'junction', flow, msg: from('a') }), ['i']);
  });

  it('is the outermost instance that is left, for each recipient', () => {
    const flow = inside('i-m', 'i-m-x i-m-y', inside('i', 'i-m i-z'));
    assert.deepEqual(sent('i-m-x', 'j i-z i-m-y', { flow }), ['i', 'i-m', 'i-m-x']);
  });

  it('is a node whose package made it from a subflow, for what leaves that', () => {
    const flow = inside('mod', 'mod-x');
    assert.deepEqual(sent('mod-x', 'j', { flow }), ['mod']);
    assert.deepEqual(sent('mod', 'j', { type: 'my-module', flow }), ['mod']);
  });

  it('leaves the messages of the recipients apart, and what they hold together', () => {
    const msg = { payload: {}, req: {} };
    const marks = new OriginMarks();
    marks.retain();
    const all = events('i-x', 'i-y j', { flow: inside('i', 'i-x i-y'), msg });
    marks.onSend(all);
    assert.equal(all[0]?.msg, msg);
    assert.notEqual(all[1]?.msg, msg);
    assert.deepEqual(Object.entries(all[1]?.msg ?? {}), Object.entries(msg));
  });

  it('is seen neither by JSON nor by a loop over keys, and copies keep it', () => {
    const msg = from('a');
    assert.deepEqual([JSON.stringify(msg), Object.keys(msg)], ['{"payload":1}', ['payload']]);
    assert.equal(originOf({ ...msg }), 'a');
  });

  it('is unknown for what no node sent and for what is no message', () => {
    const own = Object.getOwnPropertySymbols(from('a'))[0] ?? '';
    for (const message of [{}, null, undefined, 'text', 7, { [own]: { id: 'a' } }]) {
      assert.equal(originOf(message), undefined);
    }
  });
});

describe('marking messages', () => {
  it('never throws, and marks the others', () => {
    const marks = new OriginMarks();
    marks.retain();
    const frozen = Object.freeze({ payload: 1 });
    const all = [...events('a', 'x', { msg: frozen }), ...events('a', 'y')];
    assert.equal(marks.onSend(all), undefined);
    assert.deepEqual(
      all.map(({ msg }) => originOf(msg)),
      [undefined, 'a'],
    );
    for (const odd of [[], [null], [{}], null]) assert.equal(marks.onSend(odd as unknown as Events), undefined);
  });

  it('begins with the first join or deploy, and ends with the deploy that took the last join away', () => {
    const marks = new OriginMarks();
    const isMarking = (): boolean => {
      const all = events('a', 'x');
      marks.onSend(all);
      return originOf(all[0]?.msg) === 'a';
    };
    const seen = [isMarking()];
    marks.prepare();
    seen.push(isMarking());
    marks.settle();
    seen.push(isMarking());
    const release = marks.retain();
    const releaseOther = marks.retain();
    seen.push(isMarking());
    release();
    release();
    marks.settle();
    seen.push(isMarking());
    releaseOther();
    seen.push(isMarking());
    marks.settle();
    seen.push(isMarking());
    assert.deepEqual(seen, [false, true, false, true, true, true, false]);
  });

  it('GIVEN_a_message_on_its_way_through_a_junction_WHEN_the_first_join_appears_THEN_its_origin_is_unknown_never_wrong', () => {
    const marks = new OriginMarks();
    const msg = { payload: 1 };
    marks.onSend(events('a', 'junction', { msg }));
    marks.retain();
    marks.onSend(events('junction', 'join', { type: 'junction', msg }));
    assert.equal(originOf(msg), undefined);
    marks.onSend(events('a', 'junction', { msg }));
    marks.onSend(events('junction', 'join', { type: 'junction', msg }));
    assert.equal(originOf(msg), 'a');
  });
});
