/** Rows as the original's collection `pipelines` holds them, written by hand from its documented shape. */
export interface StepRow {
  readonly label: string;
  readonly nodeType: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly prev: readonly string[];
  readonly next: readonly string[];
  readonly dependencies: { readonly data: readonly string[] };
  readonly styling: { readonly position: { readonly x: number; readonly y: number }; readonly color: string };
}

export interface PipelineRowJson {
  readonly item_id: string;
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly steps: Readonly<Record<string, StepRow>>;
  readonly status: Readonly<Record<string, unknown>>;
}

type StepSketch = Partial<Omit<StepRow, 'styling' | 'dependencies'>> & {
  readonly nodeType: string;
  readonly at?: readonly [number, number];
  readonly color?: string;
};

/** The steps as sketched, and the edges `a>b`: each in `next` of the one and, as the original's editor saves it, `prev` of the other. */
export function aPipelineRow(
  name: string,
  sketches: Readonly<Record<string, StepSketch>>,
  edges: readonly string[],
): PipelineRowJson {
  const pairs = edges.map((edge) => edge.split('>') as [string, string]);
  const steps = Object.entries(sketches).map(([id, { at, color = '#000000', ...sketch }], index) => {
    const prev = pairs.flatMap(([from, to]) => (to === id ? [from] : []));
    const step: StepRow = {
      label: id,
      metadata: {},
      prev,
      next: pairs.flatMap(([from, to]) => (from === id ? [to] : [])),
      dependencies: { data: prev },
      styling: { position: at ? { x: at[0], y: at[1] } : { x: 250, y: 25 + 100 * index }, color },
      ...sketch,
    };
    return [id, step] as const;
  });
  return {
    item_id: '7e62cb1e-5c4a-4a0f-9d7e-8f7f1c1b2a30',
    id: '1f0d3c52-0a2b-4b5e-9d6c-7a8b9c0d1e2f',
    name,
    created_at: '2022-08-01T10:00:00Z',
    steps: Object.fromEntries(steps),
    status: { state: 'ONGOING', timestamp: '2022-08-02T10:00:00Z' },
  };
}

const inbound = (topic: string): StepSketch => ({ nodeType: 'INBOUND', label: 'Inbound', metadata: { topic } });
const outbound = (topic: string): StepSketch => ({ nodeType: 'OUTBOUND', label: 'Outbound', metadata: { topic } });
const library = (name: string): StepSketch => ({ nodeType: 'LIBRARY', metadata: { library: name } });

/** What "Create inference pipeline" of the original makes: the model's `prev` is empty. */
export function quickPipelineRow(model = 'iris'): PipelineRowJson {
  const row = aPipelineRow(
    `${model}_pipeline`,
    {
      InboundStep: { ...inbound(`${model}/read`), at: [250, 25] },
      ModelStep: {
        nodeType: 'MODEL',
        label: model,
        metadata: { model, usingFeatures: false, features: [] },
        at: [250, 200],
        prev: [],
      },
      OutboundStep: { ...outbound(`${model}/write`), at: [250, 500] },
    },
    ['InboundStep>ModelStep', 'ModelStep>OutboundStep'],
  );
  return { ...row, status: { state: 'IDLE' } };
}

/** The original's example of this name: five libraries that each wait five seconds. */
export function asynchronicityRow(): PipelineRowJson {
  const waits = ['w1', 'w2', 'w3', 'w4', 'w5'];
  return aPipelineRow(
    'Asynchronicity',
    {
      InboundStep: { ...inbound('etc/read/stream'), at: [500, 25] },
      ...Object.fromEntries(
        waits.map((id, index) => [id, { ...library('pipelib_wait5Sec'), at: [100 + 200 * index, 200] as const }]),
      ),
      OutboundStep: { ...outbound('etc/write/stream'), at: [500, 400] },
    },
    waits.flatMap((id) => [`InboundStep>${id}`, `${id}>OutboundStep`]),
  );
}

/** (a + b) and (a - b) of the inbound, then their product by a library with two parents. */
export function basicAlgebraRow(): PipelineRowJson {
  return aPipelineRow(
    'Basic Algebra',
    {
      InboundStep: inbound('algebra/read'),
      'c0ffee00-add': { ...library('pipelib_add'), at: [100, 200], color: '#27ebaf' },
      'c0ffee00-sub': { ...library('pipelib_subtract'), at: [400, 200] },
      product: { ...library('pipelib_multiply'), at: [250, 320] },
      OutboundStep: { ...outbound('algebra/write'), at: [250, 440] },
    },
    [
      'InboundStep>c0ffee00-add',
      'InboundStep>c0ffee00-sub',
      'c0ffee00-add>product',
      'c0ffee00-sub>product',
      'product>OutboundStep',
    ],
  );
}

/** A run halts at a subscription until an approval comes, whose value alone goes on. */
export function haltingSubscriptionRow(): PipelineRowJson {
  return aPipelineRow(
    'Halting subscription',
    {
      InboundStep: inbound('halt/read'),
      wait: { nodeType: 'MQTTSUB', label: 'approval', metadata: { topic: 'halt/approve' } },
      OutboundStep: outbound('halt/write'),
    },
    ['InboundStep>wait', 'wait>OutboundStep'],
  );
}

/** Publishes in between and goes on. */
export function publishInTheMiddleRow(): PipelineRowJson {
  return aPipelineRow(
    'Publish in between',
    {
      InboundStep: inbound('middle/read'),
      double: library('pipelib_double'),
      report: { nodeType: 'MQTTPUB', metadata: { topic: 'middle/report' } },
      again: library('pipelib_double'),
      OutboundStep: outbound('middle/write'),
    },
    ['InboundStep>double', 'double>report', 'report>again', 'again>OutboundStep'],
  );
}
