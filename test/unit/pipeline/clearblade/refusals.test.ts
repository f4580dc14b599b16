import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../../lib/errors';
import { FlowView, imported } from '../../../support/clearblade-import';
import { quickPipelineRow } from '../../../support/clearblade-rows';

const inbound = { nodeType: 'INBOUND', metadata: { topic: 'in' } };
const library = { nodeType: 'LIBRARY', metadata: { library: 'pipelib_x' } };
const anInbound = { InboundStep: inbound };
const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
const manySteps = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, library]));
/** Each names 500 others. */
const stepsWithEnds = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index}`, { ...library, prev: Array(500).fill('a') }]),
  );

describe('what is no export of the original', () => {
  for (const [what, body, field] of [
    ['an array', [], 'body'],
    ['a row in place of the rows', quickPipelineRow(), 'item_id'],
    ['pipelines that are no list', { pipelines: quickPipelineRow() }, 'pipelines'],
    ['a pipeline that is text', { pipelines: ['x'] }, 'pipelines.0'],
    ['a pipeline without steps', { pipelines: [{ name: 'x' }] }, 'pipelines.0.steps'],
    ['steps in a list', { pipelines: [{ name: 'x', steps: [] }] }, 'pipelines.0.steps'],
    ['steps that are no JSON', { pipelines: [{ name: 'x', steps: '{' }] }, 'pipelines.0.steps'],
    ['steps nested very deeply', { pipelines: [{ name: 'x', steps: nested }] }, 'pipelines.0.steps'],
    [
      'a label nested very deeply',
      { pipelines: [{ name: 'x', steps: { a: { ...library, label: JSON.parse(nested) } } }] },
      'pipelines.0.steps.a.label',
    ],
    ['ten thousand steps', { pipelines: [{ name: 'x', steps: manySteps(10_000) }] }, 'pipelines.0.steps'],
    [
      'thousands of steps in several pipelines',
      { pipelines: Array.from({ length: 6 }, () => ({ steps: manySteps(500) })) },
      'pipelines',
    ],
    [
      'tens of thousands of edges in several pipelines',
      { pipelines: Array.from({ length: 6 }, () => ({ steps: stepsWithEnds(20) })) },
      'pipelines',
    ],
    [
      'a step called __proto__',
      { pipelines: [{ steps: JSON.parse('{"__proto__":{"nodeType":"INBOUND"}}') }] },
      'pipelines.0.steps.__proto__',
    ],
    ['a step called by nothing', { pipelines: [{ steps: { '': inbound } }] }, 'pipelines.0.steps.'],
    ['a step that is null', { pipelines: [{ steps: { a: null } }] }, 'pipelines.0.steps.a'],
    [
      'a type of step that there is not',
      { pipelines: [{ steps: { a: { nodeType: 'SHELL' } } }] },
      'pipelines.0.steps.a.nodeType',
    ],
    [
      'a number for a topic',
      { pipelines: [{ steps: { a: { nodeType: 'INBOUND', metadata: { topic: 7 } } } }] },
      'pipelines.0.steps.a.metadata.topic',
    ],
    [
      'a text for parents',
      { pipelines: [{ steps: { ...anInbound, a: { ...library, prev: 'InboundStep' } } }] },
      'pipelines.0.steps.a.prev',
    ],
    [
      'a million edges',
      { pipelines: [{ steps: { a: { ...library, prev: Array(1_000_000).fill('a') } } }] },
      'pipelines.0.steps.a.prev',
    ],
    ['a model without a name', { models: [{}] }, 'models.0.name'],
    ['a job without a name', { jobs: [{ model_name: 'iris' }] }, 'jobs.0.name'],
  ] as const) {
    it(`${what} is refused, naming ${field}`, () => {
      assert.throws(
        () => imported(body),
        (error) =>
          ModelManagementError.is(error) &&
          (error as ModelManagementError).code === 'INVALID_INPUT' &&
          (error as ModelManagementError).details?.['field'] === field,
      );
    });
  }

  it('the largest pipeline that is taken is drawn in a moment, even with all steps on one place', () => {
    const steps = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `s${index}`,
        { ...library, prev: index === 0 ? [] : [`s${index - 1}`], styling: { position: { x: 100, y: 100 } } },
      ]),
    );
    const flow = new FlowView(imported({ pipelines: [{ name: 'large', steps: { ...steps, s0: inbound } }] }).flows);
    assert.equal(flow.ofType('pipelib').length, 499);
  });

  it('an answer stays small, whatever is repeated in the rows', () => {
    const label = 'x'.repeat(60_000);
    const ids = Array.from({ length: 500 }, (_, index) => `s${index}`);
    const each = (lists: (index: number) => object) =>
      Object.fromEntries(
        ids.map((id, index) => [id, { ...library, label: index === 0 ? label : id, ...lists(index) }]),
      );
    const rows = [
      { name: 'n'.repeat(1_000), steps: each((index) => (index === 0 ? { next: ids } : { prev: ids.slice(0, 19) })) },
      { name: 'unknown', steps: each((index) => (index < 19 ? { prev: ids.map((id) => `no-${index}-${id}`) } : {})) },
    ];
    const answer = imported({ pipelines: rows });
    assert.equal(answer.warnings.at(-1)?.code, 'MORE');
    assert.ok(JSON.stringify(answer.warnings).length < 5_000_000);
  });

  it('ids that objects have by nature are ids like others', () => {
    const steps = {
      InboundStep: inbound,
      constructor: { ...library, prev: ['InboundStep'] },
      toString: { ...library, prev: ['constructor', 'hasOwnProperty'] },
    };
    const { warnings } = imported({ pipelines: [{ name: 'x', steps }] });
    assert.deepEqual(warnings.filter(({ code }) => code === 'UNKNOWN_STEP').length, 1);
  });
});
