import assert from 'node:assert/strict';
import { parseConfig } from '../../../../nodes/onnx-model/config';
import { FlowView, imported } from '../../../support/clearblade-import';
import {
  aPipelineRow,
  asynchronicityRow,
  basicAlgebraRow,
  haltingSubscriptionRow,
  publishInTheMiddleRow,
  quickPipelineRow,
} from '../../../support/clearblade-rows';

const view = (...pipelines: readonly object[]): FlowView => new FlowView(imported({ pipelines }).flows);
const codes = (...pipelines: readonly object[]): readonly string[] =>
  imported({ pipelines }).warnings.map(({ code, step }) => (step === undefined ? code : `${code} ${step}`));

describe('a pipeline of the original as a flow', () => {
  it('is a tab of its name with mqtt in, model and mqtt out, on a broker of its own, with a catch', () => {
    const flow = view(quickPipelineRow());
    const types = flow.entries.map(({ type }) => type).sort();
    assert.deepEqual(types, ['catch', 'debug', 'mqtt in', 'mqtt out', 'mqtt-broker', 'onnx-model', 'tab']);
    const [tab, broker] = [flow.ofType('tab')[0], flow.ofType('mqtt-broker')[0]];
    assert.deepEqual([tab?.['label'], tab?.['disabled']], ['iris_pipeline', false]);
    for (const entry of flow.entries) if ('x' in entry) assert.equal(entry['z'], tab?.id);
    assert.deepEqual([flow.node('Inbound')['topic'], flow.node('Outbound')['topic']], ['iris/read', 'iris/write']);
    assert.deepEqual([flow.node('Inbound')['broker'], flow.node('Inbound')['datatype']], [broker?.id, 'json']);
  });

  it('wires the quick pipeline of the original, whose model has an empty prev', () => {
    const flow = view(quickPipelineRow());
    assert.deepEqual(flow.childrenOf('Inbound'), ['iris']);
    assert.deepEqual(flow.childrenOf('iris'), ['Outbound']);
    assert.deepEqual(codes(quickPipelineRow()), ['WAS_STOPPED', 'ONE_SIDED_EDGE ModelStep']);
  });

  it('wires a row in which only prev tells the parents', () => {
    const row = quickPipelineRow();
    const steps = Object.fromEntries(
      Object.entries(row.steps).map(([id, step]) => [
        id,
        { ...step, next: [], ...(id === 'ModelStep' ? { prev: ['InboundStep'] } : {}) },
      ]),
    );
    const flow = view({ ...row, steps });
    assert.deepEqual([flow.childrenOf('Inbound'), flow.childrenOf('iris')], [['iris'], ['Outbound']]);
  });

  it('keeps positions exactly', () => {
    const flow = view(quickPipelineRow());
    const places = ['Inbound', 'iris', 'Outbound'].map((name) => [flow.node(name)['x'], flow.node(name)['y']]);
    assert.deepEqual(places, [
      [250, 25],
      [250, 200],
      [250, 500],
    ]);
  });

  it('stores the complete configuration of its nodes', () => {
    const node = view(quickPipelineRow()).node('iris');
    const { id, type, z, x, y, wires, name, info, ...stored } = node;
    assert.deepEqual(parseConfig(node), stored);
    assert.deepEqual(
      [node['model'], node['version'], node['result'], node['features']],
      ['iris', 'deployed', { mode: 'first', names: [] }, []],
    );
  });

  it('takes features only where the original used them', () => {
    const withFeatures = (usingFeatures: boolean) => {
      const row = quickPipelineRow();
      const { ModelStep, ...others } = row.steps;
      const metadata = { model: 'iris', usingFeatures, features: ['a', 'b'], library: 7, topic: null };
      return view({ ...row, steps: { ...others, ModelStep: { ...ModelStep, metadata } } }).node('iris')['features'];
    };
    assert.deepEqual(withFeatures(true), ['a', 'b']);
    assert.deepEqual(withFeatures(false), []);
  });

  it('joins the parents of a library by the ids of the steps', () => {
    const flow = view(basicAlgebraRow());
    assert.deepEqual(flow.joinOf('product'), {
      'c0ffee00-add': ['each', 'c0ffee00-add'],
      'c0ffee00-sub': ['each', 'c0ffee00-sub'],
    });
    assert.equal(flow.node('product')['library'], 'pipelib_multiply');
    assert.equal((flow.node('product')['join'] as { parentKeys: string }).parentKeys, 'name');
    assert.equal(flow.joinOf('c0ffee00-add'), undefined);
    assert.deepEqual(codes(basicAlgebraRow()), []);
  });

  it('merges several parents before it publishes, and says that the original published an array', () => {
    const flow = view(asynchronicityRow());
    assert.equal(flow.node('Outbound (join)')['library'], 'pipelib_merge');
    assert.deepEqual(
      Object.values(flow.joinOf('Outbound (join)') ?? {}),
      ['w1', 'w2', 'w3', 'w4', 'w5'].map((id) => ['each', id]),
    );
    assert.deepEqual(flow.childrenOf('Outbound (join)'), ['Outbound']);
    assert.deepEqual(codes(asynchronicityRow()), ['PUBLISHED_AN_ARRAY OutboundStep']);
    const { message } = imported({ pipelines: [asynchronicityRow()] }).warnings[0] ?? {};
    assert.match(message ?? '', /array.*"w1", "w2", "w3", "w4", "w5"/);
  });

  it('gives libraries that wait five seconds the time for it', () => {
    assert.ok(Number(view(asynchronicityRow()).node('w1')['timeoutMs']) >= 30_000);
  });

  it('lets a subscription hold the run, and passes its message alone, without a time limit', () => {
    const flow = view(haltingSubscriptionRow());
    assert.equal(flow.node('approval')['topic'], 'halt/approve');
    assert.deepEqual(
      [flow.node('approval').type, flow.node('approval (wait)')['library']],
      ['mqtt in', 'pipelib_pick'],
    );
    assert.deepEqual(flow.joinOf('approval (wait)'), { Inbound: ['each', 'InboundStep'], approval: ['next', 'wait'] });
    assert.equal((flow.node('approval (wait)')['join'] as { timeoutMs: number }).timeoutMs, 0);
    assert.deepEqual(flow.childrenOf('Inbound'), ['approval (wait)']);
    assert.deepEqual(codes(haltingSubscriptionRow()), ['WAITS_FOR_A_MESSAGE wait']);
  });

  it('has no time limit for joins that wait behind a subscription, and one for all others', () => {
    const flow = view(
      aPipelineRow(
        'p',
        {
          InboundStep: { nodeType: 'INBOUND', metadata: { topic: 'in' } },
          a: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_a' } },
          hold: { nodeType: 'MQTTSUB', metadata: { topic: 'go' } },
          early: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_b' } },
          late: { nodeType: 'LIBRARY', metadata: { library: 'pipelib_b' } },
        },
        ['InboundStep>a', 'InboundStep>early', 'a>early', 'a>hold', 'early>late', 'hold>late'],
      ),
    );
    const limit = (name: string): number => (flow.node(name)['join'] as { timeoutMs: number }).timeoutMs;
    assert.ok(limit('early') > 0);
    assert.equal(limit('late'), 0);
    assert.deepEqual(flow.joinOf('late'), { early: ['each', 'early'], 'hold (wait)': ['each', 'hold'] });
  });

  it('wires the parents of a publishing step to its children too', () => {
    const flow = view(publishInTheMiddleRow());
    assert.deepEqual(flow.childrenOf('double'), ['report (JSON)', 'again']);
    assert.deepEqual(flow.childrenOf('report (JSON)'), ['report']);
    assert.equal(flow.joinOf('again'), undefined);
    assert.deepEqual(codes(publishInTheMiddleRow()), ['PUBLISH_WITH_CHILDREN report']);
  });

  it('puts what is published into JSON where it can be a text, and only there', () => {
    assert.ok(view(basicAlgebraRow()).node('Outbound (JSON)', 'function'));
    for (const row of [quickPipelineRow(), asynchronicityRow()]) assert.deepEqual(view(row).ofType('function'), []);
  });

  it('frames a coloured step, and notes each colour in the description of its node', () => {
    const flow = view(basicAlgebraRow());
    const [group, other] = flow.ofType('group');
    assert.equal(other, undefined);
    assert.match(JSON.stringify(group?.['style']), /"stroke":"#27ebaf"/);
    assert.deepEqual(group?.['nodes'], [flow.node('c0ffee00-add').id]);
    assert.equal(flow.node('c0ffee00-add')['g'], group?.id);
    assert.match(String(flow.node('product')['info']), /#000000/);
  });

  it('has new ids each time, one broker for all tabs, or the one that is named', () => {
    const [one, two] = [view(quickPipelineRow(), basicAlgebraRow()), view(quickPipelineRow(), basicAlgebraRow())];
    const ids = [...one.entries, ...two.entries].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
    assert.equal(one.ofType('mqtt-broker').length, 1);
    assert.equal(one.ofType('tab').length, 2);
    const { flows } = imported({ pipelines: [quickPipelineRow()], brokerId: 'mine' });
    assert.deepEqual(
      flows.flatMap(({ broker }) => (broker === undefined ? [] : [broker])),
      ['mine', 'mine'],
    );
  });

  it('refers to nothing that is not there', () => {
    const rows = [
      quickPipelineRow(),
      asynchronicityRow(),
      basicAlgebraRow(),
      haltingSubscriptionRow(),
      publishInTheMiddleRow(),
    ];
    const flow = view(...rows);
    for (const entry of flow.entries) {
      for (const id of ((entry['wires'] as string[][] | undefined) ?? []).flat()) flow.byId(id);
      for (const id of (entry['parentIds'] as string[] | undefined) ?? []) flow.byId(id);
      for (const key of ['broker', 'z', 'g'])
        if (entry.type !== 'mqtt-broker' && entry[key]) flow.byId(String(entry[key]));
    }
  });

  it('tells the models and libraries it needs, each once, and warns of those that are not there', () => {
    const rows = [quickPipelineRow(), quickPipelineRow('a b'), asynchronicityRow(), asynchronicityRow()];
    const { requires, warnings } = imported(
      { pipelines: rows },
      { hasModel: (name) => name === 'iris', hasLibrary: () => false },
    );
    assert.deepEqual(requires, {
      models: [
        { name: 'a-b', isPresent: false },
        { name: 'iris', isPresent: true },
      ],
      libraries: [{ name: 'pipelib_wait5Sec', isPresent: false }],
    });
    const missing = warnings.filter(({ code }) => code.endsWith('_MISSING'));
    assert.deepEqual(
      missing.map(({ code, model, library }) => [code, model ?? library]),
      [
        ['MODEL_MISSING', 'a-b'],
        ['LIBRARY_MISSING', 'pipelib_wait5Sec'],
      ],
    );
  });
});
