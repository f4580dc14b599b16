import { newFlowId } from '../flow-nodes';
import type { StepGraph } from './step-graph';
import type { Step } from './steps';

/** A node whose results a step works on. */
export interface StepParent {
  readonly nodeId: string;
  /** Id of the step in the original: what libraries read the joined object by. */
  readonly key: string;
  readonly policy: 'each' | 'next';
  /** Its result can be a bare text, which `mqtt out` would publish without quotes. */
  readonly mayBeText: boolean;
}

/** `main` carries the step's name and place; `helper` stands before it, `pass` hands on what a publishing step got. */
export type NodeRole = 'main' | 'helper' | 'pass';

export const isPublish = ({ nodeType }: Step): boolean => nodeType === 'MQTTPUB' || nodeType === 'OUTBOUND';

/** Which nodes feed a step, once publishing steps, which answered nothing in the original, hand on what they got. */
export class StepParents {
  readonly #ids = new Map<string, string>();
  readonly #parents = new Map<string, readonly StepParent[]>();
  readonly #passing = new Set<string>();
  readonly #asking = new Set<string>();

  constructor(private readonly graph: StepGraph) {
    for (const step of graph.steps.values()) this.of(step);
  }

  /** The same id each time; a node stands under it only if `of` or the kind of step says so. */
  idOf(step: Step, role: NodeRole): string {
    const key = `${role} ${step.id}`;
    const id = this.#ids.get(key) ?? newFlowId();
    this.#ids.set(key, id);
    return id;
  }

  /** True when a node of its own hands on what the publishing step publishes. */
  needsPass(step: Step): boolean {
    return this.#passing.has(step.id);
  }

  /** True for a subscription that holds the run of its parents, even if these get nothing themselves. */
  isHeld(step: Step): boolean {
    return step.nodeType === 'MQTTSUB' && this.graph.parentsOf(step.id).length > 0;
  }

  /** In the order of `prev`, each node once. */
  of(step: Step): readonly StepParent[] {
    const known = this.#parents.get(step.id);
    if (known) return known;
    const parents = step.nodeType === 'INBOUND' ? this.#ofInbound(step) : this.#resolve(step);
    this.#parents.set(step.id, parents);
    return parents;
  }

  /** Only the inbound step of the pipeline listens; others got its message too. */
  #ofInbound(step: Step): readonly StepParent[] {
    const { inbound } = this.graph;
    return !inbound || inbound === step ? [] : [this.#value(inbound, 'main', inbound.id)];
  }

  #resolve(step: Step): readonly StepParent[] {
    const values = this.graph.parentsOf(step.id).flatMap((parent) => {
      const value = isPublish(parent) ? this.#handedOn(parent) : this.#valueOf(parent);
      return value ? [{ parent, value }] : [];
    });
    // Whoever has a node of its own keeps it; who only hands on the same one gets another.
    const taken = new Set(values.flatMap(({ parent, value }) => (this.#owns(parent, value) ? [value.nodeId] : [])));
    const found = values.map(({ parent, value }) => {
      if (this.#owns(parent, value)) return value;
      if (taken.has(value.nodeId)) return this.#pass(parent, value);
      taken.add(value.nodeId);
      return value;
    });
    if (found.length > 1 && found.some(({ policy }) => policy === 'each')) return found;
    return found.map((parent, index) => (index === 0 ? { ...parent, policy: 'each' } : parent));
  }

  #owns(step: Step, { nodeId }: StepParent): boolean {
    return nodeId === this.idOf(step, 'main') || nodeId === this.idOf(step, 'helper');
  }

  #valueOf(step: Step): StepParent {
    if (step.nodeType !== 'MQTTSUB') return this.#value(step, 'main', step.id);
    if (this.isHeld(step)) return this.#value(step, 'helper', step.id);
    return { ...this.#value(step, 'main', step.id), policy: 'next' };
  }

  #value(step: Step, role: NodeRole, key: string): StepParent {
    return { nodeId: this.idOf(step, role), key, policy: 'each', mayBeText: step.nodeType !== 'MODEL' };
  }

  /** What a publishing step got: of one parent its result, of several the joined object. */
  #handedOn(step: Step): StepParent | undefined {
    // Publishing steps in a circle get nothing from anywhere.
    if (this.#asking.has(step.id)) return undefined;
    this.#asking.add(step.id);
    const [first, second] = this.of(step);
    this.#asking.delete(step.id);
    if (second) return { ...this.#value(step, 'helper', step.id), mayBeText: false };
    return first && { ...first, key: step.id };
  }

  #pass(step: Step, value: StepParent): StepParent {
    this.#passing.add(step.id);
    return { ...this.#value(step, 'pass', step.id), mayBeText: value.mayBeText };
  }
}
