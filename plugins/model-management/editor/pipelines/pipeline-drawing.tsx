import { useContext } from 'preact/hooks';
import type { Drawing, DrawnNode } from '../../../../lib/pipeline/pipelines/drawing';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { closeTray } from '../widgets/tray';
import { NodesThere } from './nodes-there';
import type { PipelineNodeView, PipelineRunView, PipelineView } from './pipeline-client';

const HALF_WIDTH = 66;
const HALF_HEIGHT = 16;
const MARGIN = 30;
/** Characters that fit into a node. */
const LABEL = 17;
const TOOLTIP = 300;

type NodeState = 'plain' | 'failed' | 'waiting' | 'disabled';

const cut = (text: string): string => (text.length > LABEL ? `${text.slice(0, LABEL - 1)}…` : text);

/** The tab as the editor draws it, with what each node says of itself, and where runs wait or failed. */
export function PipelineDrawing({
  drawing: { nodes, wires },
  pipeline,
  runs,
  figures,
}: {
  readonly drawing: Drawing;
  readonly pipeline: PipelineView;
  readonly runs: readonly PipelineRunView[];
  readonly figures: readonly PipelineNodeView[];
}) {
  if (nodes.length === 0) return null;
  const at = new Map(nodes.map((node) => [node.id, node]));
  const waiting = new Set(runs.filter(({ state }) => state === 'running').flatMap(({ waitingIn }) => waitingIn));
  const stateOf = ({ id, isDisabled }: DrawnNode): NodeState => {
    if (isDisabled) return 'disabled';
    if (pipeline.state.startsWith('failed') && (pipeline.failedOnTab ?? pipeline.error?.node) === id) return 'failed';
    return waiting.has(id) ? 'waiting' : 'plain';
  };
  const [left, right] = range(
    nodes.map(({ x }) => x),
    HALF_WIDTH,
  );
  const [top, bottom] = range(
    nodes.map(({ y }) => y),
    HALF_HEIGHT,
  );
  const figuresOf = new Map(figures.map((one) => [one.node, one]));
  const isSampled = nodes.some(({ id }) => figuresOf.get(id)?.sampled);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: there are no fieldsets in a drawing */}
      <svg
        class="mm-drawing"
        role="group"
        aria-label={t('flow.drawing')}
        viewBox={`${left} ${top} ${right - left} ${bottom - top}`}
        style={{ maxWidth: `${right - left}px` }}
      >
        {wires.map(([from, to]) => (
          <Wire key={`${from} ${to}`} from={at.get(from)} to={at.get(to)} />
        ))}
        {nodes.map((node) => (
          <NodeBox key={node.id} node={node} state={stateOf(node)} figures={figuresOf.get(node.id)} />
        ))}
      </svg>
      {isSampled && <p class="mm-hint">{t('flow.sampled')}</p>}
    </>
  );
}

const range = (values: readonly number[], half: number): readonly [number, number] => [
  Math.min(...values) - half - MARGIN,
  Math.max(...values) + half + MARGIN,
];

function Wire({ from, to }: { readonly from: DrawnNode | undefined; readonly to: DrawnNode | undefined }) {
  if (!from || !to) return null;
  const [x1, x2] = [from.x + halfOf(from), to.x - halfOf(to)];
  const bend = Math.max(30, Math.abs(x2 - x1) / 2);
  return <path class="mm-wire" d={`M ${x1} ${from.y} C ${x1 + bend} ${from.y}, ${x2 - bend} ${to.y}, ${x2} ${to.y}`} />;
}

/** A cross where it failed, a ring where something waits: told by shape, at the corner. */
function Mark({ state, x, y }: { readonly state: NodeState; readonly x: number; readonly y: number }) {
  if (state === 'failed')
    return (
      <path
        class="mm-node-mark"
        d={`M ${x - 5} ${y - 5} L ${x + 5} ${y + 5} M ${x + 5} ${y - 5} L ${x - 5} ${y + 5}`}
      />
    );
  return state === 'waiting' ? <circle class="mm-node-mark" cx={x} cy={y} r={5} /> : null;
}

const halfOf = ({ type }: DrawnNode): number => (type === 'junction' ? 5 : HALF_WIDTH);

function figureWords({ received, p50Ms }: PipelineNodeView): string {
  const count = formatNumber(received, RED.i18n.lang(), 4);
  if (p50Ms === null) return count;
  return `${count} · ${t('live.ms', { value: formatNumber(p50Ms, RED.i18n.lang()) })}`;
}

/** What came last, short enough for a tooltip. */
const payloadWords = ({ payload, truncated }: PipelineNodeView): string =>
  payload.length > TOOLTIP || truncated ? `${payload.slice(0, TOOLTIP)}…` : payload;

/** What the node says of itself in this editor. */
function statusOf(id: string): string {
  const status = RED.nodes.node(id)?.status;
  const text = typeof status === 'object' && status !== null ? Reflect.get(status, 'text') : undefined;
  return typeof text === 'string' ? text : '';
}

/** Makes it a button: there are none in a drawing. */
function revealing(id: string) {
  const reveal = (): void => void closeTray().then(() => RED.view.reveal(id));
  return {
    role: 'button',
    tabIndex: 0,
    onClick: reveal,
    onKeyDown: (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      reveal();
    },
  } as const;
}

function NodeBox({
  node,
  state,
  figures,
}: {
  readonly node: DrawnNode;
  readonly state: NodeState;
  /** Undefined while nothing came to it since somebody looks. */
  readonly figures: PipelineNodeView | undefined;
}) {
  const { id, name, type, x, y } = node;
  if (type === 'junction') return <circle class="mm-junction" cx={x} cy={y} r={5} />;
  const label = cut(name || type);
  const isThere = useContext(NodesThere) !== undefined;
  const said = isThere ? '' : cut(statusOf(id));
  const measured = figures ? figureWords(figures) : '';
  // Begins with what can be read on it.
  const shown = [label, said, measured].filter((words) => words !== '').join(' ');
  const words = state === 'plain' ? shown : `${shown}, ${t(`flow.node.${state}`)}`;
  return (
    <g class={`mm-node mm-node-${state}`} aria-label={words} {...(isThere ? { role: 'img' } : revealing(id))}>
      <title>{[`${name || type} (${type})`, figures ? payloadWords(figures) : ''].filter(Boolean).join('\n')}</title>
      <rect x={x - HALF_WIDTH} y={y - HALF_HEIGHT} width={2 * HALF_WIDTH} height={2 * HALF_HEIGHT} rx={5} />
      <text x={x} y={y + 4}>
        {label}
      </text>{' '}
      {said !== '' && (
        <text class="mm-node-said" x={x} y={y + HALF_HEIGHT + 12}>
          {said}
        </text>
      )}{' '}
      {measured !== '' && (
        <text class="mm-node-figures" x={x} y={y - HALF_HEIGHT - 5}>
          {measured}
        </text>
      )}
      <Mark state={state} x={x + HALF_WIDTH} y={y - HALF_HEIGHT} />
    </g>
  );
}
