import assert from 'node:assert/strict';
import type {
  Library,
  LibraryRevision,
  LibraryRevisionWithSource,
  LibraryWithSource,
} from '../../../lib/pipeline/library';
import type { TrialAnswer } from '../../../lib/pipeline/library/trial';
import { AdminClient } from '../../support/admin-client';
import { NodeRed } from '../../support/node-red';

interface List<T> {
  readonly items: readonly T[];
  readonly total: number;
}

const plus = (n: number): string => `module.exports = (x) => x + ${n};`;
const builtIns = ['argmax', 'features', 'labels', 'merge', 'normalize', 'pick', 'softmax', 'threshold'].map(
  (name) => `pipelib_${name}`,
);

describe('libraries over HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;
  const save = (name: string, body: object): Promise<LibraryWithSource> =>
    api.ok<LibraryWithSource>(200, 'PUT', `libraries/${name}`, body);
  const get = (name: string): Promise<LibraryWithSource> => api.ok(200, 'GET', `libraries/${name}`);
  const test = (name: string, body: object): Promise<TrialAnswer> =>
    api.ok<TrialAnswer>(200, 'POST', `libraries/${name}/test`, body);
  const revisionsOf = async (name: string, query = ''): Promise<readonly LibraryRevision[]> =>
    (await api.ok<List<LibraryRevision>>(200, 'GET', `libraries/${name}/revisions${query}`)).items;

  before(async () => {
    nodeRed = await NodeRed.start({ modelManagement: { libraries: { modules: ['crypto'] } } });
    api = new AdminClient(nodeRed);
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  it('lists the built-in ones, with source and words, and lets nobody change them', async () => {
    const { items } = await api.ok<List<Library>>(200, 'GET', 'libraries?search=pipelib_&sort=name');
    const own = items.filter(({ builtIn }) => builtIn);
    assert.deepEqual(
      own.map(({ name }) => name),
      builtIns,
    );
    for (const { name } of own) {
      const { source, description, createdAt, revision, state } = await get(name);
      assert.deepEqual([createdAt, revision, state], [null, 1, 'ready']);
      assert.match(source, /module\.exports =/);
      assert.ok(description.length > 40);
      await api.refused(403, 'READ_ONLY', 'PUT', `libraries/${name}`, { source: plus(1) });
      await api.refused(403, 'READ_ONLY', 'DELETE', `libraries/${name}`);
      const [only, ...others] = await revisionsOf(name);
      assert.deepEqual([only?.revision, only?.at, only?.description, others], [1, null, description, []]);
      assert.deepEqual(await api.ok(200, 'GET', `libraries/${name}/revisions/1`), { ...only, source });
      await api.refused(404, 'LIBRARY_NOT_FOUND', 'GET', `libraries/${name}/revisions/2`);
    }
  });

  for (const name of [
    'pipelib_',
    'Pipelib_a',
    'pipelib_a-b',
    'pipelib_a.b',
    `pipelib_${'x'.repeat(57)}`,
    'x',
    '__proto__',
  ]) {
    it(`refuses the name ${name.slice(0, 20)}`, async () => {
      for (const [method, rest, body] of [
        ['GET', '', undefined],
        ['PUT', '', { source: plus(1) }],
        ['DELETE', '', undefined],
        ['GET', '/revisions', undefined],
        ['GET', '/revisions/1', undefined],
        ['POST', '/test', { source: plus(1), input: 1 }],
      ] as const) {
        const error = await api.refused(400, 'INVALID_INPUT', method, `libraries/${name}${rest}`, body);
        assert.equal(error.details?.['field'], 'name');
      }
    });
  }

  it('takes the longest name, and tells names apart exactly', async () => {
    const longest = `pipelib_${'x'.repeat(56)}`;
    await save(longest, { source: plus(1) });
    await save('pipelib_case', { source: plus(1) });
    await save('pipelib_CASE', { source: plus(2) });
    assert.deepEqual([(await get('pipelib_case')).source, (await get('pipelib_CASE')).source], [plus(1), plus(2)]);
    for (const name of [longest, 'pipelib_case', 'pipelib_CASE']) await api.ok(204, 'DELETE', `libraries/${name}`);
  });

  it('counts revisions on over edits and deletions, and keeps them', async () => {
    const name = 'pipelib_counted';
    await api.refused(404, 'LIBRARY_NOT_FOUND', 'GET', `libraries/${name}`);
    await api.refused(404, 'LIBRARY_NOT_FOUND', 'GET', `libraries/${name}/revisions`);
    await api.refused(404, 'LIBRARY_NOT_FOUND', 'DELETE', `libraries/${name}`);
    const first = await save(name, { source: plus(1), description: 'adds one' });
    assert.deepEqual(
      [first.revision, first.builtIn, first.description, first.sizeBytes, first.state, first.usedBy, first.source],
      [1, false, 'adds one', plus(1).length, 'ready', [], plus(1)],
    );
    assert.equal((await save(name, { source: plus(1) })).revision, 1, 'the same source makes no revision');
    assert.equal((await save(name, { source: plus(1), description: 'adds one' })).revision, 1);
    const second = await save(name, { source: plus(2) });
    assert.deepEqual([second.revision, second.description, second.createdAt], [2, 'adds one', first.createdAt]);
    assert.equal((await save(name, { source: plus(2), description: 'adds two' })).revision, 3);
    await api.ok(204, 'DELETE', `libraries/${name}`);
    await api.refused(404, 'LIBRARY_NOT_FOUND', 'GET', `libraries/${name}`);
    assert.equal((await save(name, { source: plus(2) })).revision, 5);
    const revisions = await revisionsOf(name);
    assert.deepEqual(
      revisions.map(({ revision, description, deleted, sizeBytes }) => [revision, description, deleted, sizeBytes > 0]),
      [
        [5, '', undefined, true],
        [4, 'adds two', true, false],
        [3, 'adds two', undefined, true],
        [2, 'adds one', undefined, true],
        [1, 'adds one', undefined, true],
      ],
    );
    assert.deepEqual(
      (await revisionsOf(name, '?sort=revision&order=asc&limit=2&offset=1')).map(({ revision }) => revision),
      [2, 3],
    );
    const { source } = await api.ok<LibraryRevisionWithSource>(200, 'GET', `libraries/${name}/revisions/2`);
    assert.equal(source, plus(2));
    const gone = await api.ok<LibraryRevisionWithSource>(200, 'GET', `libraries/${name}/revisions/4`);
    assert.deepEqual([gone.source, gone.deleted], [null, true]);
    for (const revision of ['0', '6', '1.0', 'x', '01']) {
      await api.refused(404, 'LIBRARY_NOT_FOUND', 'GET', `libraries/${name}/revisions/${revision}`);
    }
  });

  it('saves only over the revision that was expected', async () => {
    const name = 'pipelib_expected';
    await api.refused(409, 'LIBRARY_MOVED', 'PUT', `libraries/${name}`, { source: plus(1), expectedRevision: 1 });
    await save(name, { source: plus(1), expectedRevision: 0 });
    await api.refused(409, 'LIBRARY_MOVED', 'PUT', `libraries/${name}`, { source: plus(2), expectedRevision: 0 });
    await save(name, { source: plus(2), expectedRevision: 1 });
    const answers = await Promise.all(
      [3, 4, 5].map((n) => api.send('PUT', `libraries/${name}`, { source: plus(n), expectedRevision: 2 })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
    assert.equal((await get(name)).revision, 3);
    const error = await api.refused(409, 'LIBRARY_MOVED', 'PUT', `libraries/${name}`, {
      source: plus(9),
      expectedRevision: 2,
    });
    assert.deepEqual(error.details, { expectedRevision: 2, revision: 3 });
  });

  for (const [what, body, field] of [
    ['no source', {}, 'source'],
    ['a source that is no text', { source: 5 }, 'source'],
    ['a description that is no text', { source: plus(1), description: null }, 'description'],
    ['an unknown field', { source: plus(1), name: 'x' }, 'name'],
    ['an expected revision that is none', { source: plus(1), expectedRevision: -1 }, 'expectedRevision'],
    ['a list', [], 'body'],
  ] as const) {
    it(`refuses ${what} in words`, async () => {
      const error = await api.refused(400, 'INVALID_INPUT', 'PUT', 'libraries/pipelib_bad', body);
      assert.equal(error.details?.['field'], field);
    });
  }

  it('refuses a source that is too long', async () => {
    const source = `module.exports = () => 1; // ${'x'.repeat(2 ** 20)}`;
    await api.refused(413, 'PAYLOAD_TOO_LARGE', 'PUT', 'libraries/pipelib_long', { source });
    await api.refused(413, 'PAYLOAD_TOO_LARGE', 'POST', 'libraries/pipelib_long/test', { source });
  });

  for (const [what, source, at] of [
    ['cannot be compiled', 'const a = 1;\nconst b = ;', { line: 2, column: 11 }],
    ['throws', '\n\nnull.x;', { line: 3, column: 6 }],
    ['has no exec', 'function pipelib_broken() {}', {}],
    ['has a constructor that throws', 'function pipelib_broken() {\n  throw "x"; }', {}],
    ['never ends', 'for (;;);', {}],
    ['never comes to rest', '(async () => { for (;;) await null; })(); module.exports = () => 1;', {}],
    ['takes all memory', 'const all = []; for (;;) all.push(new Array(1_000).fill(all.length));', {}],
  ] as const) {
    it(`refuses a source that ${what}, and keeps the one before`, async () => {
      const name = 'pipelib_broken';
      const before = await save(name, { source: plus(1) });
      const { details } = await api.refused(422, 'INVALID_LIBRARY', 'PUT', `libraries/${name}`, { source });
      assert.deepEqual(details, { library: name, ...at });
      assert.deepEqual(await get(name), before);
      assert.deepEqual((await test(name, { input: 1 })).output, 2);
    });
  }

  it('gives up a source that takes memory outside of the heap, which could be of others too, and keeps the one before', async () => {
    const before = await save('pipelib_large', { source: plus(1) });
    const source = 'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1));';
    const { message } = await api.refused(503, 'ABORTED', 'PUT', 'libraries/pipelib_large', { source });
    assert.match(message, /^Node-RED grew by \d+ MB while pipelib_large was tried/);
    assert.deepEqual(await get('pipelib_large'), before);
  });

  describe('a test', () => {
    before(() => save('pipelib_tested', { source: plus(1) }));

    it('gives output, logs and the time it took', async () => {
      const source = `module.exports = async (x, { msg, parents, library, node }) => {
        console.log('one', x); await new Promise((done) => setTimeout(done, 20)); console.error('two');
        return { x, msg, parents, library, node };
      };`;
      const parents = [{ id: 'a', key: 'k', name: 'n', policy: 'each' }];
      const answer = await test('pipelib_none', { source, input: { a: 1 }, msg: { topic: 't' }, parents });
      assert.deepEqual(answer.output, {
        x: { a: 1 },
        msg: { payload: { a: 1 }, topic: 't' },
        parents,
        library: 'pipelib_none',
        node: { id: 'test', name: 'test' },
      });
      assert.deepEqual(
        answer.logs.map(({ level, text, at }) => [level, text, Number.isNaN(Date.parse(at))]),
        [
          ['info', 'one { a: 1 }', false],
          ['error', 'two', false],
        ],
      );
      assert.ok(answer.durationMs >= 15);
      assert.deepEqual(Object.keys(answer), ['output', 'logs', 'durationMs']);
    });

    it('calls what is saved, what is built in, or an edit that is not saved; without an input with {}', async () => {
      assert.equal((await test('pipelib_tested', { input: 1 })).output, 2);
      assert.equal((await test('pipelib_tested', { input: 1, source: plus(5) })).output, 6);
      assert.equal((await test('pipelib_argmax', { input: [1, 3, 2] })).output, 1);
      assert.deepEqual((await test('pipelib_merge', {})).output, {});
      assert.equal((await test('pipelib_threshold', { input: 7, msg: { threshold: 8 } })).output, false);
      assert.equal((await get('pipelib_tested')).revision, 1);
      await api.refused(404, 'LIBRARY_NOT_FOUND', 'POST', 'libraries/pipelib_none/test', { input: 1 });
    });

    for (const [what, source, error] of [
      ['throws', 'module.exports = () => {\n  throw new Error("no");\n};', { code: 'LIBRARY_FAILED', line: 2 }],
      ['throws nothing', 'module.exports = () => { throw undefined; };', { code: 'LIBRARY_FAILED' }],
      ['loops', 'module.exports = () => { for (;;); };', { code: 'TIMEOUT' }],
      ['loops after an await', 'module.exports = async () => { await null; for (;;); };', { code: 'TIMEOUT' }],
      ['loops in promises', 'module.exports = async () => { for (;;) await null; };', { code: 'TIMEOUT' }],
      ['waits for ever', 'module.exports = () => new Promise(() => {});', { code: 'TIMEOUT' }],
      [
        'takes all memory',
        'module.exports = () => { const a = []; for (;;) a.push([1, 2, 3]); };',
        { code: 'LIBRARY_FAILED' },
      ],
      ['cannot be compiled', 'module.exports = (;', { code: 'INVALID_LIBRARY', line: 1 }],
      ['is no library', '', { code: 'INVALID_LIBRARY' }],
    ] as const) {
      it(`of a library that ${what} answers with the error, and what it said until then`, async () => {
        const logged = `console.log('before');${source}`;
        const isCompiled = what !== 'cannot be compiled';
        const timeoutMs = error.code === 'TIMEOUT' ? 200 : 30_000;
        const answer = await test('pipelib_tested', { source: isCompiled ? logged : source, input: 1, timeoutMs });
        const { code, message = '', line } = answer.error ?? {};
        assert.deepEqual([code, line], [error.code, 'line' in error ? error.line : undefined]);
        assert.ok(message.length > 10);
        assert.deepEqual(
          answer.logs.map(({ text }) => text),
          isCompiled ? ['before'] : [],
        );
        assert.equal('output' in answer, false);
        assert.equal((await nodeRed.api('GET', 'health')).status, 200, 'Node-RED goes on');
      });
    }

    it('shows what JSON cannot carry as text, and says so', async () => {
      const source =
        'module.exports = () => ({ a: NaN, b: [undefined, 5n], at: new Date(0), bytes: Buffer.from([1]) });';
      const { output, inexact } = await test('pipelib_tested', { source });
      assert.deepEqual(output, { a: 'NaN', b: ['undefined', '5n'], at: '1970-01-01T00:00:00.000Z', bytes: [1] });
      assert.equal(inexact, true);
      const nothing = await test('pipelib_tested', { source: 'module.exports = () => {};' });
      assert.deepEqual(Object.keys(nothing), ['logs', 'durationMs']);
    });

    it('cuts output and logs where they get long, and says so', async () => {
      const long = await test('pipelib_tested', { source: 'module.exports = () => "x".repeat(1e6);' });
      assert.deepEqual([String(long.output).length, long.truncated], [200_000, true]);
      const talk = await test('pipelib_tested', {
        source: 'module.exports = () => { for (let i = 0; i < 1e5; i++) console.log(i); return 1; };',
      });
      assert.deepEqual([talk.output, talk.truncated, talk.logs.length], [1, true, 500]);
      const shout = await test('pipelib_tested', {
        source: 'module.exports = () => { for (let i = 0; i < 100; i++) console.log("x".repeat(1e5)); return 1; };',
      });
      assert.equal(shout.truncated, true);
      assert.ok(JSON.stringify(shout).length < 150_000);
    });

    it('sees nothing of Node-RED: no process, no environment, only the modules of the settings', async () => {
      const source = `module.exports = () => {
        const tried = (id) => { try { return typeof require(id); } catch (error) { return error.message; } };
        return [typeof process, tried('crypto'), tried('fs')];
      };`;
      const { output } = await test('pipelib_tested', { source });
      const [process, crypto, fs] = output as string[];
      assert.deepEqual([process, crypto], ['undefined', 'object']);
      assert.match(fs ?? '', /"fs" is not allowed/);
    });

    it('tells forgotten rejections among the logs', async () => {
      const source = `module.exports = () => { Promise.reject(new Error('forgotten')); return new Promise((d) => setTimeout(() => d(1), 30)); };`;
      const { output, logs } = await test('pipelib_tested', { source });
      assert.equal(output, 1);
      assert.deepEqual(
        logs.map(({ level, text }) => [level, /forgotten/.test(text)]),
        [['error', true]],
      );
    });

    for (const body of [
      { timeoutMs: 0 },
      { timeoutMs: 1e9 },
      { source: 5 },
      { msg: [] },
      { parents: [{}] },
      { extra: 1 },
    ]) {
      it(`refuses ${JSON.stringify(body)}`, () =>
        api.refused(400, 'INVALID_INPUT', 'POST', 'libraries/pipelib_tested/test', { input: 1, ...body }));
    }
  });

  it('shows the same after kill -9 and a restart', async () => {
    await save('pipelib_kept', { source: plus(1), description: 'kept' });
    await save('pipelib_kept', { source: 'module.exports = () => "ü\u2028\ud83d\ude00";' });
    await save('pipelib_gone', { source: plus(1) });
    await api.ok(204, 'DELETE', 'libraries/pipelib_gone');
    const before = [await get('pipelib_kept'), await revisionsOf('pipelib_kept'), await revisionsOf('pipelib_gone')];
    await nodeRed.restart('SIGKILL');
    assert.deepEqual(
      [await get('pipelib_kept'), await revisionsOf('pipelib_kept'), await revisionsOf('pipelib_gone')],
      before,
    );
    await api.refused(404, 'LIBRARY_NOT_FOUND', 'GET', 'libraries/pipelib_gone');
    assert.equal((await save('pipelib_gone', { source: plus(1) })).revision, 3);
    assert.equal((await test('pipelib_kept', {})).output, 'ü\u2028\ud83d\ude00');
  });
});
