import type { FlowGraph } from '../flow-graph';
import type { Vertex } from '../graph/vertex';
import { type JoinPlan, planJoin } from '../join/join-plan';
import { type JoinConfig, JoinSchema } from '../join-config';

/** What is wrong with how a node of ours is set up, as far as the flows tell. */
export interface NodeFault {
  readonly code: 'JOIN_CYCLE' | 'JOIN_INVALID' | 'FEATURES_EMPTY' | 'NOT_CHOSEN';
  readonly message: string;
  /** Id in the flow file. */
  readonly node: string;
}

/** Nodes that wait for several parents. */
export const joiningTypes: ReadonlySet<string> = new Set(['onnx-model', 'pipelib']);

/** Of a node of one of `joiningTypes`; its tab is enabled in `graph`. @returns at most one of each code */
export function nodeFaults(vertex: Vertex, graph: FlowGraph): readonly NodeFault[] {
  const { entry } = vertex;
  const faults: NodeFault[] = [];
  const add = (code: NodeFault['code'], message: string): void => void faults.push({ code, message, node: entry.id });
  const isModel = entry.type === 'onnx-model';
  const isFile = isModel && entry['source'] === 'file';
  if (isFile && isBlank(entry['file'])) add('NOT_CHOSEN', 'No model file is chosen.');
  if (isModel && !isFile && isBlank(entry['model'])) add('NOT_CHOSEN', 'No model is chosen.');
  if (!isModel && isBlank(entry['library'])) add('NOT_CHOSEN', 'No library is chosen.');
  const features: unknown = entry['features'];
  if (Array.isArray(features) && features.some(isBlank))
    add('FEATURES_EMPTY', 'The features are set, but one of them has no name.');
  const { plan } = planOf(vertex, graph) ?? {};
  if (plan?.fault) {
    const { kind, message, hint } = plan.fault;
    add(kind === 'cycle' ? 'JOIN_CYCLE' : 'JOIN_INVALID', `${message} ${hint}`);
  }
  return faults;
}

/** How a joining node of the flow file joins; undefined where what is stored cannot be read, which the node itself says. */
export function planOf(
  { entry, runtimeId }: Vertex,
  graph: FlowGraph,
): { readonly plan: JoinPlan; readonly config: JoinConfig } | undefined {
  const parsed = JoinSchema.safeParse(entry['join'] ?? {});
  if (!parsed.success) return undefined;
  const parentIds = Array.isArray(entry['parentIds']) ? entry['parentIds'].map(String) : [];
  const plan = planJoin(graph.parentsOf(runtimeId), graph.cyclesOf(runtimeId), parentIds, parsed.data);
  return { plan, config: parsed.data };
}

const isBlank = (value: unknown): boolean => typeof value !== 'string' || value.trim() === '';
