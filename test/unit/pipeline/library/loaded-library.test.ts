import assert from 'node:assert/strict';
import { guardRejections } from '../../../../lib/pipeline/library/stray-rejections';
import { runningLimit } from '../../../../lib/pipeline/library/time-limit';
import { aLibrary } from '../../../support/libraries';
import { withCode } from '../../../support/registry-lab';
import { waitFor } from '../../../support/wait-for';

describe('the forms of a library', () => {
  for (const [what, source] of [
    ["the original's constructor", 'function pipelib_test() { this.exec = function (x) { return x + 1; }; }'],
    ['a constructor in a variable', 'var pipelib_test = function () { this.exec = (x) => x + 1; };'],
    ['an inherited exec', 'function pipelib_test() {}\npipelib_test.prototype.exec = (x) => x + 1;'],
    ['a class', 'class pipelib_test { exec(x) { return x + 1; } }'],
    ['a class with a field', 'class pipelib_test { exec = async (x) => x + 1; }'],
    ['a class that extends another', 'class A { exec(x) { return x + 1; } }\nclass pipelib_test extends A {}'],
    ['an object', 'const pipelib_test = { exec: (x) => x + 1 };'],
    ['an exported object', 'module.exports = { exec(x) { return x + 1; } };'],
    ['a filled exports', 'exports.exec = (x) => x + 1;'],
    ['an exported function', 'module.exports = (x) => x + 1;'],
    ['an exported function of its own name', 'module.exports = function pipelib_test(x) { return x + 1; };'],
    ['an exported async function', 'module.exports = async function (x) { await null; return x + 1; };'],
    ['an exported class', 'module.exports = class Any { exec(x) { return x + 1; } };'],
    [
      "an exported constructor of the original's",
      'function pipelib_test() { this.exec = (x) => x + 1; }\nmodule.exports = pipelib_test;',
    ],
    ['strict mode', "'use strict';\nmodule.exports = (x) => x + 1;"],
    ['a thenable', 'module.exports = (x) => ({ then(done) { done(x + 1); } });'],
  ] as const) {
    it(`${what} works`, async () => {
      assert.equal(await aLibrary(source).exec(1), 2);
    });
  }

  for (const [what, source, message, at] of [
    ['nothing at all', '', /neither declares a constructor pipelib_test nor sets module\.exports/, {}],
    ['another name', 'function pipelib_other() { this.exec = () => 1; }', /neither declares/, {}],
    ['no exec', 'function pipelib_test() {}', /no function exec/, {}],
    ['an exec that is no function', 'module.exports = { exec: 5 };', /no function exec/, {}],
    [
      'a syntax error',
      'const a = 1;\nconst b = ;',
      /Line 2: SyntaxError: Unexpected token ';'/,
      { line: 2, column: 11 },
    ],
    ['two declarations', 'let a;\nlet a;', /Line 2: SyntaxError: .*'a' has already/, { line: 2, column: 5 }],
    ['an open brace', 'function f() {\n', /SyntaxError: Unexpected end of input/, { line: 2 }],
    ['a throw while it is loaded', '\n\n  null.x;', /Line 3: TypeError: /, { line: 3, column: 8 }],
    [
      'a constructor that throws',
      'function pipelib_test() {\n  throw new Error("no");\n}',
      /Line 2: no/,
      { line: 2, column: 9 },
    ],
    ['a throw of no error', 'throw "words";', /threw 'words'/, {}],
    [
      'a module that is not installed',
      'require("not-installed");',
      /the module "not-installed" is allowed, but cannot be loaded \(MODULE_NOT_FOUND\)/,
      { line: 1 },
    ],
    [
      'a module that another one misses',
      'const error = new Error("Cannot find module \'x\'\\nRequire stack:\\n- /srv/y.js"); throw error;',
      /Line 1: Cannot find module 'x'$/,
      { line: 1 },
    ],
    [
      'a module that is not allowed',
      'const fs = require("fs");',
      /"fs" is not allowed.*libraries\.modules/,
      { line: 1 },
    ],
  ] as const) {
    it(`${what} is refused`, () => {
      assert.throws(
        () => aLibrary(source, { modules: ['not-installed'] }),
        (error: Error) => withCode('INVALID_LIBRARY', at)(error) && message.test(error.message),
      );
    });
  }

  it('has one instance, which keeps its state between calls', async () => {
    const { exec } = aLibrary(
      'let made = 0;\nfunction pipelib_test() { made += 1; let n = 0; this.exec = () => [made, ++n]; }',
    );
    assert.deepEqual(
      [await exec(), await exec()],
      [
        [1, 1],
        [1, 2],
      ],
    );
  });

  it('calls exec on the instance', async () => {
    const { exec } = aLibrary('class pipelib_test { factor = 3; exec(x) { return x * this.factor; } }');
    assert.equal(await exec(2), 6);
  });
});

describe('what a library is given', () => {
  it('the context: a copy of the message, the node, its own name, and the parents', async () => {
    const parents = [{ id: 'p', key: 'k', name: 'a parent', policy: 'next' }] as const;
    const { exec } = aLibrary(
      'module.exports = (input, context) => { const out = { ...context }; context.msg.topic = "changed"; return out; };',
    );
    const msg = { topic: 't', payload: 1 };
    assert.deepEqual(await exec(1, { msg, parents }), {
      msg: { topic: 'changed', payload: 1 },
      node: { id: 'n1', name: 'a node' },
      library: 'pipelib_test',
      parents,
    });
    assert.equal(msg.topic, 't');
  });

  it('values of its own realm', async () => {
    const { exec } = aLibrary(`module.exports = (x, { msg, parents }) => [
      x instanceof Object, x.list instanceof Array, x.at instanceof Date, x.f instanceof Float32Array,
      msg instanceof Object, parents instanceof Array, structuredClone([]) instanceof Array];`);
    const input = { list: [], at: new Date(0), f: new Float32Array(1) };
    assert.deepEqual(
      await exec(input),
      Array.from({ length: 7 }, () => true),
    );
  });

  it('the globals that are promised, and no others of Node.js', async () => {
    const { exec } = aLibrary(`module.exports = () => [
      ...['console', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'queueMicrotask', 'Buffer', 'URL',
        'URLSearchParams', 'TextDecoder', 'TextEncoder', 'structuredClone', 'require', 'JSON', 'Math'],
      'process', 'global', 'fetch', 'module', 'RED', '__dirname', 'FinalizationRegistry',
    ].filter((name) => typeof globalThis[name] === 'undefined');`);
    assert.deepEqual(await exec(), ['process', 'global', 'fetch', 'RED', '__dirname', 'FinalizationRegistry']);
  });

  it('modules that are allowed, with and without node:', async () => {
    const source = `const crypto = require('crypto');
      module.exports = () => [require('node:crypto') === crypto, crypto.createHash('md5').update('').digest('hex').length];`;
    for (const modules of [['crypto'], ['node:crypto']]) {
      assert.deepEqual(await aLibrary(source, { modules }).exec(), [true, 32]);
    }
    const { exec } = aLibrary(`module.exports = (id) => require(id);`, { modules: ['crypto'] });
    for (const id of ['fs', './crypto', '/crypto', 'crypto/', 'CRYPTO', '', 5, null]) {
      await assert.rejects(async () => exec(id), /is not allowed/, String(id));
    }
  });
});

describe('a call that fails', () => {
  for (const [what, source, message, details] of [
    [
      'an error',
      '\nmodule.exports = () => {\n  throw new Error("no");\n};',
      /failed in line 3: no/,
      { line: 3, column: 9 },
    ],
    [
      'an error after an await',
      'module.exports = async () => {\n  await null;\n  throw new RangeError("late");\n};',
      /failed in line 3: RangeError: late/,
      { line: 3 },
    ],
    [
      'an error of a function called inside',
      'const f = () => null.x;\nmodule.exports = () => f();',
      /line 1: TypeError: Cannot read/,
      { line: 1 },
    ],
    ['an error of Node.js', 'module.exports = () => {\n  Buffer.alloc(-1);\n};', /line 2: RangeError/, { line: 2 }],
    ['a text', 'module.exports = () => { throw "words"; };', /failed: threw 'words'/, {}],
    ['null', 'module.exports = () => { throw null; };', /failed: threw null/, {}],
    ['undefined, rejected', 'module.exports = () => Promise.reject();', /failed: threw undefined/, {}],
    ['an object', 'module.exports = async () => { throw { code: 5 }; };', /failed: threw \{ code: 5 \}/, {}],
    [
      'an error that throws when it is read',
      'module.exports = () => { const e = new Error(); Object.defineProperty(e, "message", { get() { throw e; } }); throw e; };',
      /cannot be shown/,
      {},
    ],
    [
      'an error that loops when it is read',
      'module.exports = () => { const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e; };',
      /cannot be shown/,
      {},
    ],
    [
      'a proxy that throws whatever is asked of it',
      'module.exports = () => { throw new Proxy({}, new Proxy({}, { get() { throw 1; } })); };',
      /failed: (?:threw|something was thrown)/,
      {},
    ],
    [
      'an error whose prototype throws when it is looked at',
      `module.exports = async () => {
        throw Object.setPrototypeOf(new Error('x'), new Proxy({}, { getPrototypeOf() { throw 1; }, get() { throw 2; } })); };`,
      /failed/,
      {},
    ],
    ['an error without words', 'module.exports = () => { throw new Error(); };', /an error without a message/, {}],
    [
      'a promise in the result',
      'module.exports = () => ({ a: Promise.resolve(1) });',
      /there is a promise in the value/,
      {},
    ],
    [
      'a result that throws when it is read',
      'module.exports = () => ({ get a() { throw new Error("getter"); } });',
      /getter/,
      { line: 1 },
    ],
    [
      'a result without an end',
      'module.exports = () => { const a = []; let b = a; for (let i = 0; i < 1e6; i++) { const c = []; b.push(c); b = c; } return a; };',
      /RangeError: Maximum call stack/,
      {},
    ],
    ['a recursion without end', 'module.exports = function f(x) { return f(x); };', /Maximum call stack/, { line: 1 }],
  ] as const) {
    it(`${what} is an error with code, words and place`, async () => {
      const { exec } = aLibrary(source);
      await assert.rejects(
        async () => exec(),
        (error: Error) => {
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n\s+at /);
          return withCode('LIBRARY_FAILED', { library: 'pipelib_test', ...details })(error);
        },
      );
    });
  }

  it('keeps what was thrown to itself: it may be what the library works with', async () => {
    const { exec } = aLibrary('const own = new Error("no"); module.exports = () => { throw own; };');
    await assert.rejects(
      async () => exec(),
      (error: Error) => !Object.hasOwn(error, 'cause'),
    );
    assert.throws(
      () => aLibrary('throw new Error("no");'),
      (error: Error) => !Object.hasOwn(error, 'cause'),
    );
  });

  it('does not touch the input', async () => {
    const { exec } = aLibrary('module.exports = (x) => { x.list.push(1); throw new Error("no"); };');
    const input = { list: [] };
    await assert.rejects(async () => exec(input));
    assert.deepEqual(input, { list: [] });
  });
});

describe('the time limit of a call', () => {
  for (const [what, source] of [
    ['an endless loop', '() => { for (;;); }'],
    ['a loop that catches everything', '() => { for (;;) try { for (;;); } catch {} }'],
    ['a loop in a getter of the result', '() => ({ get a() { for (;;); } })'],
    ['a loop in the then of the result', '() => ({ get then() { for (;;); } })'],
    ['a promise that never settles', '() => new Promise(() => {})'],
    ['a timer that comes too late', '() => new Promise((done) => setTimeout(done, 60_000))'],
    ['a slow regular expression', '() => /^(a+)+$/.test("a".repeat(40) + "b")'],
  ] as const) {
    it(`ends ${what}, and the library answers the next call`, async () => {
      const { exec, library } = aLibrary(`module.exports = (x) => x === 1 ? 1 : (${source})()`);
      await assert.rejects(async () => exec(0, {}, 50), withCode('TIMEOUT', { library: 'pipelib_test' }));
      assert.equal(await exec(1), 1);
      library.dispose();
    });
  }

  it('is one for the whole call, not one for each part', async () => {
    const { exec } = aLibrary(`module.exports = async () => {
      const end = Date.now() + 150; while (Date.now() < end); await new Promise((done) => setTimeout(done, 150)); return 1; };`);
    await assert.rejects(async () => exec(0, {}, 200), withCode('TIMEOUT'));
    assert.equal(await exec(0, {}, 0), 1, '0 is no limit');
  });

  it('GIVEN_a_call_that_sets_timers_WHEN_it_may_be_ended_THEN_those_of_the_process_are_not_touched_until_it_is_over', async () => {
    const { exec, lines } = aLibrary(`module.exports = () => {
      clearTimeout(setTimeout(() => console.log('no'), 1));
      const interval = setInterval(() => { clearInterval(interval); console.log('interval'); }, 1).unref().ref();
      setTimeout(() => setTimeout(() => console.log('timeout'), 1).refresh(), 1);
      return interval.hasRef();
    };`);
    const { setTimeout: own, setInterval: ownInterval } = globalThis;
    const limits: unknown[] = [];
    const watched = <T extends typeof own | typeof ownInterval>(inner: T): T =>
      ((...values: Parameters<T>) => {
        limits.push(runningLimit());
        return Reflect.apply(inner, undefined, values);
      }) as T;
    Object.assign(globalThis, { setTimeout: watched(own), setInterval: watched(ownInterval) });
    try {
      assert.equal(await exec(0, {}, 1_000), true);
      await waitFor(() => lines.length === 2);
    } finally {
      Object.assign(globalThis, { setTimeout: own, setInterval: ownInterval });
    }
    assert.ok(limits.length >= 3);
    assert.ok(limits.every((limit) => limit === undefined));
    assert.deepEqual(lines.map(({ text }) => text).sort(), ['interval', 'timeout']);
  });

  it('ends a library that does not come to an end while it is loaded', function () {
    this.timeout(20_000);
    assert.throws(() => aLibrary('for (;;);'), withCode('INVALID_LIBRARY'));
  });
});

describe('what a library leaves for later', () => {
  let release: () => void;
  before(() => {
    release = guardRejections();
  });
  after(() => release());

  it('errors in timers and forgotten promises are told, and end nothing', async () => {
    const { exec, lateFaults } = aLibrary(`module.exports = () => {
      setTimeout(() => { throw new Error('timeout'); }, 1);
      setTimeout(async () => { throw new Error('async timeout'); }, 1);
      const interval = setInterval(() => { clearInterval(interval); throw new Error('interval'); }, 1);
      setImmediate(() => { throw new Error('immediate'); });
      queueMicrotask(() => { throw new Error('microtask'); });
      Promise.reject(new Error('rejected'));
      (async () => { await null; throw new Error('async'); })();
      new (class extends Promise {})((_, reject) => reject(new Error('subclass')));
      const odd = Promise.reject(new Error('odd'));
      Object.setPrototypeOf(odd, new Proxy({}, { getPrototypeOf() { throw new Error('trap'); } }));
    };`);
    await exec();
    // Mocha tells a rejection twice.
    const messages = () => [...new Set(lateFaults.map((fault) => (fault as Error).message))].sort();
    await waitFor(() => messages().length >= 8);
    assert.deepEqual(messages(), [
      'async',
      'async timeout',
      'immediate',
      'interval',
      'microtask',
      'rejected',
      'subclass',
      'timeout',
    ]);
  });

  it('a call that was given up may fail later without harm', async () => {
    const { exec, library } = aLibrary(
      'module.exports = async (ms) => { await new Promise((d) => setTimeout(d, ms)); throw 5; };',
    );
    await assert.rejects(async () => exec(100, {}, 20), withCode('TIMEOUT'));
    await assert.rejects(async () => exec(150), withCode('LIBRARY_FAILED'));
    assert.equal(library.pending, 0);
  });

  it('timers can be cleared by handle and by number, and only its own', async () => {
    let isFired = false;
    const foreign = setTimeout(() => {
      isFired = true;
    }, 20);
    const { exec, lines } = aLibrary(`module.exports = async (foreign) => {
      clearTimeout(setTimeout(() => console.log('no'), 5));
      clearInterval(+setInterval(() => console.log('no'), 5));
      clearImmediate(setImmediate(() => console.log('no')));
      clearTimeout(foreign); clearTimeout(undefined); clearTimeout('x');
      setTimeout((a, b) => console.log(a + b), 1, 'given ', 'values');
      return new Promise((done) => setTimeout(done, 30));
    };`);
    await exec(Number(foreign));
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['given values'],
    );
    await waitFor(() => isFired);
  });

  it('timers end with it: at once, or with the last call under way when it is replaced', async () => {
    const source = `let ticks = 0, answer = () => {};
      setInterval(() => { console.log('tick'); ticks += 1; if (ticks === 3) answer(1); }, 1);
      module.exports = () => new Promise((done) => { answer = done; });`;
    const { exec, library, lines } = aLibrary(source);
    const call = exec();
    library.retire();
    assert.equal(await call, 1, 'a call under way still gets its answer');
    assert.ok(lines.length > 1);
    const count = lines.length;
    const other = aLibrary(source);
    await waitFor(() => other.lines.length > 5);
    other.library.dispose();
    assert.equal(lines.length, count);
    const otherCount = other.lines.length;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(other.lines.length, otherCount);
  });
});
