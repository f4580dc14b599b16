import assert from 'node:assert/strict';
import { FlowView, imported } from '../../../support/clearblade-import';
import { aPipelineRow, basicAlgebraRow, quickPipelineRow } from '../../../support/clearblade-rows';

const inbound = { nodeType: 'INBOUND', metadata: { topic: 'in' } };
const outbound = { nodeType: 'OUTBOUND', metadata: { topic: 'out' } };
const library = { nodeType: 'LIBRARY', metadata: { library: 'pipelib_x' } };
const publish = { nodeType: 'MQTTPUB', metadata: { topic: 'pub' } };
const subscribe = { nodeType: 'MQTTSUB', metadata: { topic: 'sub' } };
const aModel = (model: string) => ({ nodeType: 'MODEL', metadata: { model } });

type Sketches = Parameters<typeof aPipelineRow>[1];

interface OddCase {
  readonly what: string;
  readonly steps: Sketches;
  readonly edges: readonly string[];
  /** `CODE step` of each warning. */
  readonly warnings: readonly string[];
  readonly check?: (flow: FlowView) => void;
}

const cases: readonly OddCase[] = [
  {
    what: 'a publishing step with several parents hands on the joined object',
    steps: { InboundStep: inbound, a: library, b: library, pub: publish, c: library, OutboundStep: outbound },
    edges: ['InboundStep>a', 'InboundStep>b', 'a>pub', 'b>pub', 'pub>c', 'c>OutboundStep'],
    warnings: ['PUBLISHED_AN_ARRAY pub', 'PUBLISH_WITH_CHILDREN pub'],
    check: (flow) => assert.deepEqual(flow.childrenOf('pub (join)'), ['pub', 'c']),
  },
  {
    what: 'a parent that is also behind a publishing step stays two parents',
    steps: { InboundStep: inbound, a: library, pub: publish, c: library, OutboundStep: outbound },
    edges: ['InboundStep>a', 'a>pub', 'pub>c', 'a>c', 'c>OutboundStep'],
    warnings: ['PUBLISH_WITH_CHILDREN pub'],
    check: (flow) => assert.deepEqual(flow.joinOf('c'), { 'pub (value)': ['each', 'pub'], a: ['each', 'a'] }),
  },
  {
    what: 'publishing steps one after the other hand on the same value',
    steps: { InboundStep: inbound, a: library, p1: publish, p2: publish, OutboundStep: outbound },
    edges: ['InboundStep>a', 'a>p1', 'p1>p2', 'p2>OutboundStep'],
    warnings: ['PUBLISH_WITH_CHILDREN p1', 'PUBLISH_WITH_CHILDREN p2'],
    check: (flow) => assert.deepEqual(flow.childrenOf('a'), ['p1 (JSON)', 'p2 (JSON)', 'OutboundStep (JSON)']),
  },
  {
    what: 'publishing steps in a circle',
    steps: { InboundStep: inbound, p1: publish, p2: publish, OutboundStep: outbound },
    edges: ['InboundStep>p1', 'p1>p2', 'p2>p1', 'p2>OutboundStep'],
    warnings: ['CYCLE p1', 'PUBLISHED_AN_ARRAY p1', 'PUBLISH_WITH_CHILDREN p1', 'PUBLISH_WITH_CHILDREN p2'],
  },
  {
    what: 'a cycle of libraries',
    steps: { InboundStep: inbound, a: library, b: library, OutboundStep: outbound },
    edges: ['InboundStep>a', 'a>b', 'b>a', 'b>OutboundStep'],
    warnings: ['CYCLE a'],
    check: (flow) => assert.deepEqual(flow.joinOf('a'), { InboundStep: ['each', 'InboundStep'], b: ['each', 'b'] }),
  },
  {
    what: 'a step that is its own parent',
    steps: { InboundStep: inbound, a: library, OutboundStep: outbound },
    edges: ['InboundStep>a', 'a>a', 'a>OutboundStep'],
    warnings: ['CYCLE a'],
  },
  {
    what: 'a diamond is no cycle',
    steps: { InboundStep: inbound, a: library, b: library, c: library, OutboundStep: outbound },
    edges: ['InboundStep>a', 'InboundStep>b', 'a>c', 'b>c', 'c>OutboundStep'],
    warnings: [],
  },
  {
    what: 'a library without parents runs on {} once per message',
    steps: { InboundStep: inbound, a: library, b: library, OutboundStep: outbound },
    edges: ['InboundStep>b', 'a>b', 'b>OutboundStep'],
    warnings: ['UNREACHABLE a', 'NO_PARENTS a'],
    check: (flow) => {
      assert.deepEqual(flow.childrenOf('InboundStep'), ['a (input)', 'b']);
      assert.deepEqual(flow.childrenOf('a (input)'), ['a']);
      assert.deepEqual(flow.joinOf('b'), { InboundStep: ['each', 'InboundStep'], a: ['each', 'a'] });
    },
  },
  {
    what: 'a subscription without parents is a source, which joins wait for next',
    steps: { InboundStep: inbound, sub: subscribe, b: library, OutboundStep: outbound },
    edges: ['InboundStep>b', 'sub>b', 'b>OutboundStep'],
    warnings: ['UNREACHABLE sub', 'SUBSCRIPTION_WITHOUT_PARENTS sub'],
    check: (flow) => assert.deepEqual(flow.joinOf('b'), { InboundStep: ['each', 'InboundStep'], sub: ['next', 'sub'] }),
  },
  {
    what: 'a subscription as the only parent lets each message through',
    steps: { InboundStep: inbound, sub: subscribe, OutboundStep: outbound },
    edges: ['sub>OutboundStep', 'InboundStep>OutboundStep'],
    warnings: ['UNREACHABLE sub', 'SUBSCRIPTION_WITHOUT_PARENTS sub', 'PUBLISHED_AN_ARRAY OutboundStep'],
  },
  {
    what: 'a subscription that waits for another one picks its own message',
    steps: { InboundStep: inbound, sub: subscribe, hold: subscribe, OutboundStep: outbound },
    edges: ['InboundStep>hold', 'sub>hold', 'hold>OutboundStep'],
    warnings: ['UNREACHABLE sub', 'SUBSCRIPTION_WITHOUT_PARENTS sub', 'WAITS_FOR_A_MESSAGE hold'],
    check: (flow) =>
      assert.deepEqual(Object.entries(flow.joinOf('hold (wait)') ?? {}), [
        ['hold', ['next', 'hold']],
        ['InboundStep', ['each', 'InboundStep']],
        ['sub', ['next', 'sub']],
      ]),
  },
  {
    what: 'a subscription behind a publishing step that gets nothing lets its messages through',
    steps: { InboundStep: inbound, pub: publish, hold: subscribe, OutboundStep: outbound },
    edges: ['pub>hold', 'hold>OutboundStep'],
    warnings: [
      ...['UNREACHABLE pub', 'UNREACHABLE hold', 'UNREACHABLE OutboundStep', 'NO_PARENTS pub'],
      ...['PUBLISH_WITH_CHILDREN pub', 'SUBSCRIPTION_WITHOUT_PARENTS hold'],
    ],
    check: (flow) => assert.deepEqual(flow.childrenOf('hold'), ['hold (wait)']),
  },
  {
    what: 'a model with several parents joins them',
    steps: { InboundStep: inbound, a: library, m: aModel('iris'), OutboundStep: outbound },
    edges: ['InboundStep>a', 'a>m', 'InboundStep>m', 'm>OutboundStep'],
    warnings: ['MODEL_WITH_SEVERAL_PARENTS m'],
    check: (flow) => assert.deepEqual(flow.joinOf('m'), { a: ['each', 'a'], InboundStep: ['each', 'InboundStep'] }),
  },
  {
    what: 'names that are none here',
    steps: {
      InboundStep: inbound,
      a: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_größe' } },
      b: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_softmax' } },
      c: { nodeType: 'LIBRARY', metadata: { library: '' } },
      m: aModel('Mein Modell (2)'),
      n: aModel(''),
      OutboundStep: outbound,
    },
    edges: ['InboundStep>a', 'a>b', 'b>c', 'c>m', 'm>n', 'n>OutboundStep'],
    warnings: ['LIBRARY_RENAMED a', 'LIBRARY_RENAMED b', 'LIBRARY_UNNAMED c', 'MODEL_RENAMED m', 'MODEL_UNNAMED n'],
    check: (flow) => {
      assert.deepEqual([flow.node('a')['library'], flow.node('b')['library']], ['pipelib_gro_e', 'pipelib_softmax_2']);
      assert.equal(flow.node('m')['model'], 'Mein-Modell-2');
    },
  },
  {
    what: 'names of models that differ in their case, and ones that would become one',
    steps: {
      InboundStep: inbound,
      a: aModel('my-model'),
      b: aModel('my model'),
      c: aModel('My-Model'),
      OutboundStep: outbound,
    },
    edges: ['InboundStep>a', 'a>b', 'b>c', 'c>OutboundStep'],
    warnings: ['MODEL_RENAMED b', 'MODEL_RENAMED c'],
    check: (flow) =>
      assert.deepEqual(
        ['a', 'b', 'c'].map((name) => flow.node(name)['model']),
        ['my-model', 'my-model-2', 'My-Model-3'],
      ),
  },
  {
    what: 'topics that are none, and routes of the platform',
    steps: {
      InboundStep: { nodeType: 'INBOUND', metadata: { topic: 'plant/+/read' } },
      pub: { nodeType: 'MQTTPUB', metadata: { topic: 'plant/+/write' } },
      up: { nodeType: 'MQTTPUB', metadata: { topic: 'answers/_platform' } },
      OutboundStep: { nodeType: 'OUTBOUND', metadata: {} },
    },
    edges: ['InboundStep>pub', 'InboundStep>up', 'InboundStep>OutboundStep'],
    warnings: ['BAD_TOPIC pub', 'PLATFORM_TOPIC up', 'BAD_TOPIC OutboundStep'],
    check: (flow) => assert.equal(flow.node('InboundStep')['topic'], 'plant/+/read'),
  },
  {
    what: 'edges to steps that are not there, and into the inbound step',
    steps: {
      InboundStep: inbound,
      a: { ...library, prev: ['InboundStep', 'gone'], next: ['OutboundStep', 'InboundStep'] },
      OutboundStep: outbound,
    },
    edges: ['InboundStep>a', 'a>OutboundStep'],
    warnings: ['UNKNOWN_STEP a', 'TAKES_NO_PARENTS InboundStep'],
  },
  {
    what: 'a second inbound step gets the message of the first',
    steps: { InboundStep: inbound, other: inbound, OutboundStep: outbound },
    edges: ['InboundStep>OutboundStep', 'other>OutboundStep'],
    warnings: ['SEVERAL_INBOUNDS other', 'PUBLISHED_AN_ARRAY OutboundStep'],
    check: (flow) => assert.deepEqual(flow.childrenOf('InboundStep'), ['other', 'OutboundStep (join)']),
  },
  {
    what: 'no inbound step at all',
    steps: { a: library, OutboundStep: outbound },
    edges: ['a>OutboundStep'],
    warnings: ['NO_INBOUND', 'NO_PARENTS a'],
  },
  {
    what: 'features that are to be used, but not named',
    steps: {
      InboundStep: inbound,
      m: { nodeType: 'MODEL', metadata: { model: 'iris', usingFeatures: true } },
      OutboundStep: outbound,
    },
    edges: ['InboundStep>m', 'm>OutboundStep'],
    warnings: ['FEATURES_MISSING m'],
  },
  {
    what: 'steps that lie off the canvas move together, and ones on each other apart',
    steps: {
      InboundStep: { ...inbound, at: [-250, 25] },
      a: { ...library, at: [-250, 125] },
      b: { ...library, at: [-250, 125] },
      OutboundStep: { ...outbound, at: [50, 300] },
    },
    edges: ['InboundStep>a', 'a>b', 'b>OutboundStep'],
    warnings: ['MOVED InboundStep', 'MOVED a', 'MOVED b', 'MOVED OutboundStep'],
    check: (flow) => {
      const place = (name: string) => [flow.node(name)['x'], flow.node(name)['y']];
      assert.deepEqual(
        [place('InboundStep'), place('a'), place('b'), place('OutboundStep')],
        [
          [150, 25],
          [150, 125],
          [150, 165],
          [450, 300],
        ],
      );
    },
  },
  { what: 'no steps', steps: {}, edges: [], warnings: ['NO_INBOUND'] },
];

describe('odd pipelines of the original', () => {
  for (const { what, steps, edges, warnings, check } of cases) {
    it(what, () => {
      const answer = imported({ pipelines: [aPipelineRow('odd', steps, edges)] });
      assert.deepEqual(
        answer.warnings.map(({ code, step }) => (step === undefined ? code : `${code} ${step}`)),
        warnings,
      );
      for (const { pipeline, message } of answer.warnings) {
        assert.equal(pipeline, 'odd');
        assert.match(message, /^[A-Z"].*\.$/);
      }
      const flow = new FlowView(answer.flows);
      for (const { parentIds = [] } of answer.flows) for (const id of parentIds as string[]) flow.byId(id);
      check?.(flow);
    });
  }

  it('steps without label, place or style get their places side by side', () => {
    const bare = (nodeType: string, next: string[]) => ({
      nodeType,
      metadata: { topic: 't', library: 'pipelib_x' },
      next,
    });
    const steps = { InboundStep: bare('INBOUND', ['a', 'b']), a: bare('LIBRARY', []), b: bare('LIBRARY', []) };
    const { flows } = imported({ pipelines: [{ name: 'bare', steps }] });
    const places = flows.flatMap(({ x, y, type }) => (x === undefined || type === 'group' ? [] : [`${x} ${y}`]));
    assert.equal(new Set(places).size, places.length);
  });

  it('two pipelines of one name get tabs that can be told apart', () => {
    const answer = imported({ pipelines: [quickPipelineRow(), quickPipelineRow(), { name: '', steps: {} }] });
    const labels = new FlowView(answer.flows).ofType('tab').map(({ label }) => label);
    assert.deepEqual(labels, ['iris_pipeline', 'iris_pipeline (2)', 'Pipeline 3']);
    assert.equal(answer.warnings.filter(({ code }) => code === 'NAME_CHANGED').length, 2);
  });

  it('a name or label of any length is cut, and kept in the description', () => {
    const long = 'x'.repeat(5_000);
    const name = 'y'.repeat(1_000);
    const row = aPipelineRow(name, { InboundStep: { ...inbound, label: long } }, []);
    const flow = new FlowView(imported({ pipelines: [row] }).flows);
    const [tab, node] = [flow.ofType('tab')[0], flow.ofType('mqtt in')[0]];
    assert.ok(String(tab?.['label']).length <= 110 && String(node?.['name']).length <= 110);
    assert.ok(String(tab?.['info']).includes(name) && String(node?.['info']).includes(long));
  });

  it('a label of any length takes no more room than the name that is drawn', () => {
    const row = aPipelineRow(
      'wide',
      { InboundStep: { ...inbound, label: 'x'.repeat(5_000), at: [600, 100] }, a: { ...library, at: [1_200, 100] } },
      ['InboundStep>a'],
    );
    const { flows, warnings } = imported({ pipelines: [row] });
    const { x, y } = new FlowView(flows).node('a');
    assert.deepEqual([x, y, warnings], [1_200, 100, []]);
  });

  for (const [state, warned] of [
    ['ONGOING', false],
    ['ALL_DONE', false],
    ['IDLE', true],
    ['FAILED_DURING', true],
    ['FAILED_INITIALIZING', true],
  ] as const) {
    it(`a pipeline that was ${state} is imported ready to run${warned ? ', which is said' : ''}`, () => {
      const answer = imported({
        pipelines: [{ ...basicAlgebraRow(), status: JSON.stringify({ state, errorMessage: 'no exec' }) }],
      });
      assert.equal(new FlowView(answer.flows).ofType('tab')[0]?.['disabled'], false);
      assert.deepEqual(
        answer.warnings.map(({ code }) => code),
        warned ? ['WAS_STOPPED'] : [],
      );
      if (warned) assert.match(answer.warnings[0]?.message ?? '', /no exec/);
    });
  }
});
