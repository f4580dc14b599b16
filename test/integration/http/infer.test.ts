import assert from 'node:assert/strict';
import { type ActivityField, activityFields } from '../../../lib/inference/activity';
import { AdminClient } from '../../support/admin-client';
import { ENDLESS } from '../../support/feeds';
import { NodeRed } from '../../support/node-red';
import {
  addModel,
  buildModel,
  identityModel,
  irisModel,
  loopModel,
  type ModelSpec,
  twoInputModel,
} from '../../support/onnx-models';
import { waitFor } from '../../support/wait-for';

interface Inferred {
  readonly payload: unknown;
  readonly durationMs: number;
  readonly nonFinite?: boolean;
}

/** `y = 1 / x`: infinite and not a number where one asks for it. */
const inverse: ModelSpec = {
  ...identityModel('float32', ['N', 2]),
  nodes: [{ op: 'Div', inputs: ['x', 'x'], outputs: ['y'] }],
};

const models: Readonly<Record<string, ModelSpec>> = {
  plus: addModel(1),
  iris: irisModel(),
  two: twoInputModel(),
  inverse,
  long: identityModel('int64', ['N']),
  text: identityModel('string', ['N']),
  truth: identityModel('bool', ['N']),
  loop: loopModel(),
};

const features = ['a', 'b', 'c', 'd'];
const good: readonly (readonly [string, string, object, unknown])[] = [
  ['one row', 'plus', { payload: [1, 2, 3, 4] }, [2, 3, 4, 5]],
  [
    'rows',
    'plus',
    {
      payload: [
        [1, 2, 3, 4],
        [0, 0, 0, 0],
      ],
    },
    [
      [2, 3, 4, 5],
      [1, 1, 1, 1],
    ],
  ],
  ['an input by name', 'plus', { payload: { x: [[1, 2, 3, 4]] } }, [[2, 3, 4, 5]]],
  ['features', 'plus', { payload: { d: 4, c: 3, b: 2, a: 1, other: 9 }, features }, [2, 3, 4, 5]],
  ['rows of features', 'plus', { payload: [{ a: 1, b: 2, c: 3, d: 4 }], features }, [[2, 3, 4, 5]]],
  ['a tensor', 'plus', { payload: { type: 'float32', dims: [1, 4], data: [1, 2, 3, 4] } }, [[2, 3, 4, 5]]],
  [
    'the format tensor',
    'plus',
    { payload: [[1, 2, 3, 4]], format: 'tensor' },
    { type: 'float32', dims: [1, 4], data: [2, 3, 4, 5] },
  ],
  ['no features where a list is given empty', 'plus', { payload: [1, 2, 3, 4], features: [] }, [2, 3, 4, 5]],
  ['an empty batch', 'plus', { payload: [] }, []],
  [
    'an empty batch as a tensor',
    'plus',
    { payload: [], format: 'tensor' },
    { type: 'float32', dims: [0, 4], data: [] },
  ],
  ['all results', 'two', { payload: { a: [[1, 2]], b: [[3, 4]] }, result: 'all' }, { sum: [[4, 6]], count: [[3, 4]] }],
  ['the first result', 'two', { payload: { a: [[1, 2]], b: [[3, 4]] }, result: 'first' }, [[4, 6]]],
  [
    'a named result',
    'two',
    { payload: { a: [[1, 2]], b: [[3, 4]] }, result: { mode: 'named', names: ['count'] } },
    { count: [[3, 4]] },
  ],
  ['numbers that JSON cannot hold', 'long', { payload: ['9007199254740993'] }, ['9007199254740993']],
  ['text', 'text', { payload: ['ä', ''] }, ['ä', '']],
  ['truth', 'truth', { payload: [true, false] }, [true, false]],
];

const bad: readonly (readonly [string, string, object | string])[] = [
  ['no payload', 'plus', {}],
  ['an array for a body', 'plus', []],
  ['null for a payload', 'plus', { payload: null }],
  ['text for a tensor', 'plus', { payload: 'text' }],
  ['too few columns', 'plus', { payload: [1, 2, 3] }],
  ['rows of different length', 'plus', { payload: [[1, 2, 3, 4], [1]] }],
  ['too deep a list', 'plus', { payload: [[[[1, 2, 3, 4]]]] }],
  ['a very deep list', 'plus', `{"payload":${'['.repeat(2_000)}1${']'.repeat(2_000)}}`],
  ['null in a row', 'plus', { payload: [1, null, 3, 4] }],
  ['text in a row', 'plus', { payload: [1, 'two', 3, 4] }],
  ['a list as deep as a body may be long', 'plus', `{"payload":${'['.repeat(2_000_000)}1${']'.repeat(2_000_000)}}`],
  ['an object as deep as a body may be long', 'plus', `{"payload":${'{"x":'.repeat(500_000)}1${'}'.repeat(500_000)}}`],
  ['a feature that is missing', 'plus', { payload: { a: 1, b: 2, c: 3 }, features }],
  ['features that do not fit', 'plus', { payload: { a: 1, b: 2 }, features: ['a', 'b'] }],
  ['features that are no list', 'plus', { payload: [1, 2, 3, 4], features: 'a' }],
  ['features that are numbers', 'plus', { payload: [1, 2, 3, 4], features: [1] }],
  ['an unknown format', 'plus', { payload: [1, 2, 3, 4], format: 'csv' }],
  ['an unknown result', 'plus', { payload: [1, 2, 3, 4], result: 'last' }],
  ['a result that does not exist', 'plus', { payload: [1, 2, 3, 4], result: { mode: 'named', names: ['z'] } }],
  ['a negative number of labels', 'iris', { payload: [1, 2, 3, 4], format: 'label', label: { topK: -1 } }],
  ['a tensor of the wrong type', 'plus', { payload: { type: 'int64', dims: [1, 4], data: [1, 2, 3, 4] } }],
  ['a tensor with too little data', 'plus', { payload: { type: 'float32', dims: [1, 4], data: [1] } }],
  ['a tensor with negative dims', 'plus', { payload: { type: 'float32', dims: [-1, 4], data: [] } }],
  ['a tensor with huge dims', 'plus', { payload: { type: 'float32', dims: [1e12, 4], data: [1] } }],
  ['one of two inputs', 'two', { payload: { a: [[1, 2]] } }],
  ['an input that does not exist', 'two', { payload: { a: [[1, 2]], b: [[1, 2]], c: 1 } }],
  [
    'inputs of different batches',
    'two',
    {
      payload: {
        a: [[1, 2]],
        b: [
          [1, 2],
          [3, 4],
        ],
      },
    },
  ],
  ['a fraction for an int64', 'long', { payload: [1.5] }],
  ['a number beyond int64', 'long', { payload: ['9223372036854775808'] }],
  ['a number for text', 'text', { payload: [1] }],
  ['text for truth', 'truth', { payload: ['true'] }],
  ['__proto__ for an input', 'plus', '{"payload":{"__proto__":[1,2,3,4]}}'],
  ['constructor for an input', 'plus', { payload: { constructor: [1, 2, 3, 4] } }],
];

describe('infer over HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;
  const infer = (model: string, body: object | string, ref = 'deployed'): Promise<Inferred> =>
    api.ok<Inferred>(200, 'POST', `models/${model}/versions/${ref}/infer`, body);

  before(async () => {
    // One test waits until it is over; all others are answered before it on a busy machine too.
    nodeRed = await NodeRed.start({ modelManagement: { engine: { requestTimeoutMs: 8_000 } } });
    api = new AdminClient(nodeRed);
    for (const [name, spec] of Object.entries(models)) {
      await api.ok(201, 'POST', `models/${name}/versions?create=true`, buildModel(spec));
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  for (const [what, model, body, expected] of good) {
    it(`takes ${what}`, async () => {
      const { payload, durationMs, ...rest } = await infer(model, body);
      assert.deepEqual(payload, expected);
      assert.ok(typeof durationMs === 'number' && durationMs >= 0);
      assert.deepEqual(rest, {});
    });
  }

  it('knows the labels and features that the file brought', async () => {
    const row = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
    const { payload } = await infer('iris', { payload: row, format: 'label', label: { topK: 2 } });
    assert.match(JSON.stringify(payload), /setosa|versicolor|virginica/);
  });

  it('answers by number, alias and latest, and knows no other', async () => {
    for (const ref of ['1', 'deployed', 'latest']) await infer('plus', { payload: [1, 2, 3, 4] }, ref);
    const body = { payload: [1, 2, 3, 4] };
    await api.refused(404, 'VERSION_NOT_FOUND', 'POST', 'models/plus/versions/9/infer', body);
    await api.refused(404, 'ALIAS_NOT_FOUND', 'POST', 'models/plus/versions/canary/infer', body);
    await api.refused(404, 'MODEL_NOT_FOUND', 'POST', 'models/none/versions/1/infer', body);
  });

  it('shows numbers that are none as null, and says so', async () => {
    const { payload, nonFinite } = await infer('inverse', { payload: [[0, 2]] });
    assert.deepEqual([payload, nonFinite], [[[null, 1]], true]);
  });

  for (const [what, model, body] of bad) {
    it(`refuses ${what}, and says where`, async () => {
      const path = `models/${model}/versions/deployed/infer`;
      const error = await api.refused(400, 'INVALID_INPUT', 'POST', path, body);
      assert.ok(typeof error.details?.['field'] === 'string' && error.details['field'] !== '', error.message);
    });
  }

  it('a payload over the limit of Node-RED is refused', async () => {
    const payload = Array.from({ length: 400_000 }, () => [1, 2, 3, 4.123456789]);
    await api.refused(413, 'PAYLOAD_TOO_LARGE', 'POST', 'models/plus/versions/1/infer', { payload });
  });

  it('answers fifty requests at the same time, each with its own result', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => infer('plus', { payload: [index, 0, 0, 0] })),
    );
    assert.deepEqual(
      answers.map(({ payload }) => (payload as number[])[0]),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });

  it('GIVEN_a_request_that_never_ends_WHEN_its_time_is_over_THEN_it_is_refused_and_others_are_answered', async () => {
    const body = (rounds: bigint) => ({ payload: { n: String(rounds), x: [7] } });
    const endless = api.send<{ error: { code: string } }>('POST', 'models/loop/versions/1/infer', body(ENDLESS));
    assert.deepEqual((await infer('plus', { payload: [1, 2, 3, 4] })).payload, [2, 3, 4, 5]);
    const { status, body: answer } = await endless;
    assert.ok(
      (status === 503 && answer.error.code === 'TIMEOUT') || (status === 422 && answer.error.code === 'ENGINE_TIMEOUT'),
      `${status} ${answer.error.code}`,
    );
    assert.deepEqual((await infer('loop', body(1n))).payload, [7]);
  });

  describe('health', () => {
    it('tells versions, models with their figures, Docker, broker and login', async () => {
      await infer('plus', { payload: [1, 2, 3, 4] });
      const health = await api.ok<{
        version: string;
        instanceId: string;
        role: string;
        engine: { kind: string; version: string; models: Record<string, unknown>[] };
        docker: { available: boolean; version?: string; reason?: string };
        broker: object;
        auth: object;
      }>(200, 'GET', 'health');
      assert.match(health.version, /^\d+\.\d+\.\d+/);
      assert.match(health.instanceId, /^[0-9a-f-]{36}$/);
      assert.equal(health.role, 'hub');
      assert.equal(health.engine.kind, 'native');
      assert.equal(typeof health.docker.available, 'boolean');
      assert.ok(health.docker.version ?? health.docker.reason);
      assert.deepEqual([health.broker, health.auth], [{ connected: false }, { adminAuth: false }]);
      const plus = health.engine.models.find(({ model }) => model === 'plus');
      const fields = ['model', 'version', 'pid', 'state', 'requests', 'errors', 'restarts', 'queue', 'p50Ms', 'p99Ms'];
      const added = ['answered', 'errorCodes', 'timeouts', 'latencySumMs', 'runMs', 'batchMean', 'batchMax'];
      assert.deepEqual(Object.keys(plus ?? {}).sort(), [...fields, ...added, 'memoryBytes'].sort());
      assert.equal(plus?.['state'], 'ready');
      const loop = health.engine.models.find(({ model }) => model === 'loop') as
        | { requests: number; answered: number; errors: number; timeouts: number; errorCodes: Record<string, number> }
        | undefined;
      assert.ok(loop && loop.errors === 1 && loop.timeouts === 1, JSON.stringify(loop));
      assert.equal(loop.answered + loop.errors, loop.requests);
      assert.equal(
        Object.values(loop.errorCodes).reduce((sum, count) => sum + count, 0),
        1,
      );
    });
  });

  describe('metrics', () => {
    it('are text as Prometheus reads it', async () => {
      await infer('plus', { payload: [1, 2, 3, 4] });
      const answer = await api.send<string>('GET', 'metrics');
      assert.match(answer.headers['content-type'] ?? '', /^text\/plain;.* version=0\.0\.4/);
      const samples = parseExposition(answer.body);
      assert.equal(samples.get('model_management_models'), Object.keys(models).length);
      assert.equal(samples.get('model_management_versions'), Object.keys(models).length);
      assert.equal(samples.get('model_management_engine_available'), 1);
      assert.ok((samples.get('model_management_requests_total{model="plus",version="1"}') ?? 0) > 50);
      const of = (name: string): number => samples.get(`model_management_${name}`) ?? Number.NaN;
      const plus = 'model="plus",version="1"';
      assert.equal(of(`latency_seconds_count{${plus}}`), of(`answered_total{${plus}}`));
      assert.ok(of(`latency_seconds_sum{${plus}}`) > 0);
      assert.ok(of(`latency_seconds{${plus},quantile="0.5"}`) <= of(`latency_seconds{${plus},quantile="0.99"}`));
      assert.ok(of(`batch_size_max{${plus}}`) >= of(`batch_size_mean{${plus}}`));
      assert.equal(of(`errors_total{${plus},code="ENGINE_CRASHED"}`), 0, 'told before it happens');
      const late = ['TIMEOUT', 'ENGINE_TIMEOUT'].map((code) =>
        of(`errors_total{model="loop",version="1",code="${code}"}`),
      );
      assert.equal(
        late.reduce((sum, count) => sum + count),
        1,
      );
    });
  });

  describe('activity', () => {
    type ActivityColumns = Readonly<Record<ActivityField, readonly (number | null)[]>> & {
      readonly at: readonly string[];
    };
    interface Activity {
      readonly stepMs: number;
      readonly versions: readonly {
        readonly version: number;
        readonly loaded: boolean;
        readonly samples: ActivityColumns;
      }[];
    }
    const sum = (values: readonly (number | null)[] = []): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);

    it('tells what each version did in the last minutes, as columns of equal length', async () => {
      const before = (await api.ok<Activity>(200, 'GET', 'models/plus/activity')).versions[0]?.samples.answered;
      for (let count = 0; count < 5; count++) await infer('plus', { payload: [1, 2, 3, 4] });
      const read = () => api.ok<Activity>(200, 'GET', 'models/plus/activity');
      const isIn = async (): Promise<Activity | undefined> => {
        const activity = await read();
        return sum(activity.versions[0]?.samples.answered) >= sum(before) + 5 ? activity : undefined;
      };
      const { stepMs, versions } = await waitFor(isIn, { what: 'the next sample' });
      assert.equal(stepMs, 2_000);
      assert.deepEqual([versions.length, versions[0]?.version, versions[0]?.loaded], [1, 1, true]);
      const samples = versions[0]?.samples;
      assert.ok(samples);
      const { at } = samples;
      for (const name of activityFields) assert.equal(samples[name].length, at.length, name);
      assert.deepEqual([...at].sort(), at);
      assert.match(at[0] ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      const last = samples.answered.findLastIndex((count) => (count ?? 0) > 0);
      const figure = (name: ActivityField): number => samples[name][last] ?? Number.NaN;
      assert.ok(figure('p50Ms') > 0 && figure('p50Ms') <= figure('p99Ms') && figure('runMs') <= figure('p99Ms') * 1.02);
      assert.ok(figure('batchMax') >= 1);
    });

    it('tells hours by the minute', async () => {
      assert.equal((await api.ok<Activity>(200, 'GET', 'models/plus/activity?minutes=60')).stepMs, 60_000);
    });

    for (const minutes of ['0', '181', '1.5', '-1', 'x', '', '1&minutes=2']) {
      it(`refuses minutes=${minutes}`, async () => {
        const { status, body } = await api.send<{ error: { code: string } }>(
          'GET',
          `models/plus/activity?minutes=${minutes}`,
        );
        assert.deepEqual([status, body.error.code], [400, 'INVALID_INPUT']);
      });
    }

    it('knows no activity of a model that is not there', async () => {
      const { status } = await api.send('GET', 'models/nothing/activity');
      assert.equal(status, 404);
    });
  });
});

/** Reads the text format 0.0.4 strictly; value by name and labels. */
function parseExposition(text: string): ReadonlyMap<string, number> {
  assert.ok(text.endsWith('\n'));
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    if (comment) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'HELP') {
        assert.ok(!types.has(name), `${name} twice`);
        family = name;
      } else {
        assert.equal(name, family);
        assert.match(rest, /^(counter|gauge|summary)$/);
        types.set(name, rest);
      }
      continue;
    }
    const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`;
    const sample = new RegExp(String.raw`^([a-zA-Z_:][\w:]*)(\{${label}(?:,${label})*\})? (\S+)$`).exec(line);
    assert.ok(sample, `not a sample: ${line}`);
    const [, name = '', labels = '', value] = sample;
    assert.equal(types.get(family) === 'summary' ? name.replace(/_(sum|count)$/, '') : name, family);
    assert.ok(types.has(family));
    assert.equal(types.get(family) === 'counter', /_total$/.test(family), family);
    assert.ok(!samples.has(name + labels), `${line} twice`);
    assert.ok(Number.isFinite(Number(value)), line);
    samples.set(name + labels, Number(value));
  }
  return samples;
}
