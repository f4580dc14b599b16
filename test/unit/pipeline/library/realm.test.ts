import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import { copyInto, ownRealm, realmOf } from '../../../../lib/pipeline/library/realm';

const globals = createContext({});
const inner = realmOf(runInContext('globalThis', globals));
const make = (source: string): unknown => runInContext(`(${source})`, globals);

/** Every object in the value has a prototype of this realm. */
function assertMadeIn(realm: typeof ownRealm, value: unknown, path = 'value'): void {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
  assert.ok(value instanceof realm.Object, `${path} is of another realm`);
  for (const [key, item] of Object.entries(value)) assertMadeIn(realm, item, `${path}.${key}`);
  const items = value instanceof realm.Map || value instanceof realm.Set ? value.values() : [];
  for (const item of items) assertMadeIn(realm, item, path);
}

describe('values on their way between a library and Node-RED', () => {
  for (const source of [
    '[1, [2, { a: [] }], null, undefined]',
    '{ a: { b: 1 }, c: "text", d: true, e: 1n, f: NaN }',
    '{ at: new Date(5), like: /a+/gi }',
    '{ bytes: new Uint8Array([1, 2]), numbers: new Float64Array([0.5, NaN]), big: new BigInt64Array([5n]) }',
    '{ buffer: new ArrayBuffer(3), view: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2) }',
    '{ map: new Map([["a", { b: 1 }]]), set: new Set([1, "b"]) }',
    'new Error("broken")',
  ]) {
    it(`${source} is the same in Node-RED's own terms`, () => {
      const given = make(source);
      const taken = copyInto(ownRealm, given);
      assertMadeIn(ownRealm, taken);
      assert.deepEqual(taken, new Function(`return (${source})`)() satisfies unknown);
      assertMadeIn(inner, copyInto(inner, taken));
    });
  }

  it('makes usual objects of those without a prototype', () => {
    const taken = copyInto(ownRealm, make('Object.assign(Object.create(null), { a: 1 })'));
    assert.deepEqual(taken, { a: 1 });
  });

  it('makes a clean cut: later changes on one side do not show on the other', () => {
    const given = { list: [1], bytes: new Uint8Array([1]), buffer: Buffer.from([1]) };
    const taken = copyInto(inner, given) as typeof given;
    taken.list.push(2);
    taken.bytes[0] = 9;
    taken.buffer[0] = 9;
    assert.deepEqual(given, { list: [1], bytes: new Uint8Array([1]), buffer: Buffer.from([1]) });
  });

  it('keeps references to one object, and to the object itself', () => {
    const given = make('(() => { const a = { n: 1 }; const o = { a, b: a }; o.self = o; return o; })()');
    const taken = copyInto(ownRealm, given) as Record<string, unknown>;
    assert.equal(taken['a'], taken['b']);
    assert.equal(taken['self'], taken);
  });

  it('leaves out functions and symbols as JSON does', () => {
    assert.deepEqual(copyInto(ownRealm, make('{ a: () => 1, b: Symbol("x"), c: [() => 1, 2] }')), {
      c: [undefined, 2],
    });
    assert.equal(copyInto(ownRealm, make('() => 1')), undefined);
  });

  it('makes objects of instances of a class of the library, and passes those of Node-RED on as they are', () => {
    class Socket {
      port = 1;
    }
    const socket = new Socket();
    const withMethod = make('new (class { constructor() { this.a = 1; } b() {} })()');
    const taken = copyInto(ownRealm, [withMethod, socket]) as unknown[];
    assert.deepEqual([Object.getPrototypeOf(taken[0]), taken[0]], [Object.prototype, { a: 1 }]);
    assert.equal(taken[1], socket);
    assert.equal((copyInto(inner, { socket }) as { socket: Socket }).socket, socket);
  });

  it('keeps what is called __proto__ a key like any other', () => {
    const taken = copyInto(ownRealm, JSON.parse('{"__proto__": {"polluted": true}}')) as object;
    assert.deepEqual(Object.keys(taken), ['__proto__']);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
    assert.equal(Object.getPrototypeOf(taken), Object.prototype);
  });

  it('keeps name, words and further facts of an error', () => {
    const given = make('Object.assign(new TypeError("bad"), { code: "E1", at: { row: 3 } })');
    const taken = copyInto(ownRealm, given) as Error & { code: string; at: unknown };
    assert.deepEqual([taken instanceof Error, taken.name, taken.message, taken.code], [true, 'TypeError', 'bad', 'E1']);
    assertMadeIn(ownRealm, taken.at);
  });

  it('refuses a promise in words', () => {
    assert.throws(() => copyInto(ownRealm, make('{ later: Promise.resolve(1) }')), /promise.*await/);
  });
});
