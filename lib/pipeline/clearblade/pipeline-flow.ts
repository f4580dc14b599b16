import type { FlowEntry } from '../flow-entry';
import { errorNodes, flowTab, newFlowId } from '../flow-nodes';
import { Layout, nodeWidthPx } from './layout';
import type { Names } from './names';
import type { PipelineRow } from './rows';
import { type Placed, StepBuilder } from './step-builder';
import { stepGraph, titleOf } from './step-graph';
import { colourGroup } from './step-nodes';
import { StepParents } from './step-parents';
import { stepWarnings } from './step-warnings';
import type { Step } from './steps';
import type { ImportWarning } from './warning';

const GROUP_MARGIN_PX = 25;
const CATCH_BELOW_PX = 80;
/** Drawn by the original when nobody chose a colour. */
const plainColours = new Set(['#000000', '#ffffff']);

export interface PipelineFlowOptions {
  /** Of the tab. */
  readonly label: string;
  readonly names: Names;
  /** Id of the `mqtt-broker`. */
  readonly broker: string;
}

/** A tab that does what the pipeline did, with what differs in words. Every call makes new ids. */
export function pipelineFlow(row: PipelineRow, options: PipelineFlowOptions) {
  const graph = stepGraph(row.steps);
  const parents = new StepParents(graph);
  const layout = new Layout(graph.steps.values());
  const z = newFlowId();
  const warnings: Omit<ImportWarning, 'pipeline'>[] = [...graph.warnings];
  const halts = [...graph.steps.values()].filter((step) => parents.isHeld(step));
  const behindHalts = graph.downstreamOf(halts.map(({ id }) => id));
  const builder = new StepBuilder({ ...options, inbound: graph.inbound, parents, layout, behindHalts });
  const placed: Placed[] = [];
  const groups: FlowEntry[] = [];
  for (const step of graph.steps.values()) {
    const facts = {
      parents: parents.of(step),
      hasChildren: graph.childrenOf(step.id).length > 0,
      hasInbound: graph.inbound !== undefined,
      names: options.names,
    };
    warnings.push(...stepWarnings(step, facts).map((warning) => ({ ...warning, step: step.id })));
    const own = builder.nodesOf(step);
    const group = groupOf(step, own, z);
    if (group) groups.push(group);
    placed.push(...own.map((node) => (group ? { ...node, entry: { ...node.entry, g: group.id } } : node)));
  }
  for (const id of layout.moved) {
    const step = graph.steps.get(id);
    if (!step) continue;
    const message = `${titleOf(step)} is not where it was in the original: it would lie off the canvas or on another step.`;
    warnings.push({ code: 'MOVED', step: id, message });
  }
  // With room beside it for the node that shows what it caught.
  const catchPlace = { z, x: Math.min(Math.max(layout.leftPx, 140), 7_600), y: layout.bottomPx + CATCH_BELOW_PX };
  const entries = [flowTab(z, options.label, aboutRow(row)), ...groups, ...wired(placed, z), ...errorNodes(catchPlace)];
  return { entries, warnings };
}

function aboutRow({ name, item_id, created_at }: PipelineRow): string {
  const facts = [item_id && `item_id ${item_id}`, created_at && `made ${created_at}`].filter((fact) => fact);
  return `Imported from the ClearBlade pipeline ${JSON.stringify(name)}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}.`;
}

/** Turns "comes from" into Node-RED's "goes to". */
function wired(placed: readonly Placed[], z: string): readonly FlowEntry[] {
  const targets = new Map<string, string[]>();
  for (const { entry, sources } of placed) {
    for (const source of sources) targets.set(source, [...(targets.get(source) ?? []), entry.id]);
  }
  return placed.map(({ entry, place }) => ({
    ...entry,
    z,
    ...place,
    wires: entry.type === 'mqtt out' ? [] : [targets.get(entry.id) ?? []],
  }));
}

function groupOf(step: Step, own: readonly Placed[], z: string): FlowEntry | undefined {
  const colour = step.styling?.color?.toLowerCase();
  if (!colour || plainColours.has(colour)) return undefined;
  const boxes = own.map(({ entry, place }) => ({ ...place, halfPx: nodeWidthPx(String(entry['name'])) / 2 }));
  return colourGroup({
    id: newFlowId(),
    z,
    colour,
    nodes: own.map(({ entry }) => entry.id),
    left: Math.min(...boxes.map(({ x, halfPx }) => x - halfPx)) - GROUP_MARGIN_PX,
    right: Math.max(...boxes.map(({ x, halfPx }) => x + halfPx)) + GROUP_MARGIN_PX,
    top: Math.min(...boxes.map(({ y }) => y)) - 15 - GROUP_MARGIN_PX,
    bottom: Math.max(...boxes.map(({ y }) => y)) + 15 + GROUP_MARGIN_PX,
  });
}
