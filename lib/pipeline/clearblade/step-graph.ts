import type { Step } from './steps';
import type { ImportWarning } from './warning';

const MAX_TITLE_LENGTH = 80;
const MAX_NAME_LENGTH = 100;
/** Of a cycle, how many steps are named; and how many cycles are told. */
const MAX_NAMED_STEPS = 10;
const MAX_TOLD_CYCLES = 20;

/** How a step is called in a sentence: its label, else its id. */
export function titleOf({ id, label }: Step): string {
  const title = label || id;
  return JSON.stringify(title.length <= MAX_TITLE_LENGTH ? title : `${title.slice(0, MAX_TITLE_LENGTH)}…`);
}

/** The label as the node's name, cut where it is longer than any canvas wants. */
export function nameOf({ label }: Step): string {
  return label.length <= MAX_NAME_LENGTH ? label : `${label.slice(0, MAX_NAME_LENGTH)}…`;
}

/** The steps of a pipeline with the edges that can be drawn. */
export interface StepGraph {
  readonly steps: ReadonlyMap<string, Step>;
  /** The step the original listened at. */
  readonly inbound: Step | undefined;
  /** In the order of `prev`; parents that only name the step in their `next` follow. */
  parentsOf(id: string): readonly Step[];
  childrenOf(id: string): readonly Step[];
  /** Steps that a run passes on its way from one of `ids`, these included. */
  downstreamOf(ids: Iterable<string>): ReadonlySet<string>;
  readonly warnings: readonly Omit<ImportWarning, 'pipeline'>[];
}

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

/** Edges as either end tells them: the original ran by `prev`, its quick pipelines only have `next`. */
export function stepGraph(steps: ReadonlyMap<string, Step>): StepGraph {
  const warnings: Omit<ImportWarning, 'pipeline'>[] = [];
  const inbounds = [...steps.values()].filter(({ nodeType }) => nodeType === 'INBOUND');
  const inbound = inbounds.find(({ id }) => id === 'InboundStep') ?? inbounds[0];
  const { parents, children } = edgesOf(steps, warnings);
  const pick = (ids: Iterable<string> = []): readonly Step[] => [...ids].flatMap((id) => steps.get(id) ?? []);
  const downstreamOf = (ids: Iterable<string>): ReadonlySet<string> => {
    const seen = new Set(ids);
    for (const id of seen) for (const child of children.get(id) ?? []) seen.add(child);
    return seen;
  };
  if (!inbound) {
    warnings.push({ code: 'NO_INBOUND', message: 'The pipeline has no inbound step, so no message starts it.' });
  } else {
    const reached = downstreamOf([inbound.id]);
    for (const step of steps.values()) {
      if (reached.has(step.id) || step.nodeType === 'INBOUND') continue;
      const message = `Nothing leads from the inbound step to ${titleOf(step)}. The editor of the original did not allow this.`;
      warnings.push({ code: 'UNREACHABLE', step: step.id, message });
    }
  }
  warnings.push(...cycleWarnings(steps, children));
  return {
    steps,
    inbound,
    parentsOf: (id) => pick(parents.get(id)),
    childrenOf: (id) => pick(children.get(id)),
    downstreamOf,
    warnings,
  };
}

function edgesOf(
  steps: ReadonlyMap<string, Step>,
  warnings: Omit<ImportWarning, 'pipeline'>[],
): { readonly parents: Edges; readonly children: Edges } {
  const parents = new Map<string, Set<string>>([...steps.keys()].map((id) => [id, new Set()]));
  const children = new Map<string, Set<string>>([...steps.keys()].map((id) => [id, new Set()]));
  const connect = (parent: string, child: string, at: Step): void => {
    const [from, to] = [steps.get(parent), steps.get(child)];
    if (!from || !to) {
      const missing = JSON.stringify(from ? child : parent);
      const message = `${titleOf(at)} is connected to the step ${missing}, which the pipeline does not have. The wire is left out.`;
      warnings.push({ code: 'UNKNOWN_STEP', step: at.id, message });
      return;
    }
    if (to.nodeType === 'INBOUND') {
      const message = `The wire from ${titleOf(from)} into the inbound step ${titleOf(to)} is left out: it takes messages of its topic only.`;
      warnings.push({ code: 'TAKES_NO_PARENTS', step: to.id, message });
      return;
    }
    parents.get(child)?.add(parent);
    children.get(parent)?.add(child);
  };
  for (const step of steps.values()) for (const parent of new Set(step.prev)) connect(parent, step.id, step);
  for (const step of steps.values()) {
    for (const child of new Set(step.next)) {
      const isNew = !parents.get(child)?.has(step.id);
      connect(step.id, child, step);
      const target = steps.get(child);
      if (!isNew || !target || !parents.get(child)?.has(step.id)) continue;
      const message = `Only ${titleOf(step)} names the wire to ${titleOf(target)}, which the original needed on both ends: there ${titleOf(target)} ran without this parent. Here the wire is drawn.`;
      warnings.push({ code: 'ONE_SIDED_EDGE', step: child, message });
    }
  }
  return { parents, children };
}

/** One warning for each way back that a walk from the first step on finds, at most 20. */
function cycleWarnings(steps: ReadonlyMap<string, Step>, children: Edges): readonly Omit<ImportWarning, 'pipeline'>[] {
  const found: Omit<ImportWarning, 'pipeline'>[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (id: string): void => {
    path.push(id);
    for (const child of children.get(id) ?? []) {
      const start = path.indexOf(child);
      if (start >= 0) {
        if (found.length >= MAX_TOLD_CYCLES) continue;
        const named = path.slice(start, start + MAX_NAMED_STEPS);
        const titles = [...named, child].flatMap((one) => steps.get(one) ?? []).map(titleOf);
        if (path.length - start > MAX_NAMED_STEPS) titles.splice(-1, 0, '…');
        const message = `The steps ${titles.join(' → ')} form a cycle. The original never answered such a run; take out one of these wires before you deploy.`;
        found.push({ code: 'CYCLE', step: child, message });
      } else if (!done.has(child)) walk(child);
    }
    path.pop();
    done.add(id);
  };
  for (const id of steps.keys()) if (!done.has(id)) walk(id);
  return found;
}
