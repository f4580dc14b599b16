import type { FlowEntry } from '../flow-entry';
import type { Point } from './boxes';
import type { Layout } from './layout';
import type { Names } from './names';
import { nameOf } from './step-graph';
import {
  emptyInputNode,
  jsonNode,
  libraryNode,
  modelNode,
  publishNode,
  type StepNode,
  subscriptionNode,
} from './step-nodes';
import type { NodeRole, StepParent, StepParents } from './step-parents';
import type { Step, TopicStep } from './steps';

/** A node, the nodes whose messages go into it, and where it stands. */
export interface Placed {
  readonly entry: FlowEntry;
  readonly sources: readonly string[];
  readonly place: Point;
}

export interface StepBuilderOptions {
  readonly inbound: Step | undefined;
  readonly parents: StepParents;
  readonly layout: Layout;
  readonly names: Names;
  /** Id of the `mqtt-broker`. */
  readonly broker: string;
  /** Ids of the steps that come after a subscription that holds the run. */
  readonly behindHalts: ReadonlySet<string>;
}

/** The nodes that do the work of a step: one for most, with a helper before it where Node-RED needs one. */
export class StepBuilder {
  constructor(private readonly options: StepBuilderOptions) {}

  nodesOf(step: Step): readonly Placed[] {
    const { names, parents } = this.options;
    switch (step.nodeType) {
      case 'INBOUND':
        return [parents.of(step).length === 0 ? this.#subscription(step) : this.#main(step, 'pipelib_merge')];
      case 'MQTTSUB':
        return this.#waitingSubscription(step);
      case 'MODEL': {
        const { model, usingFeatures, features } = step.metadata;
        const node = this.#node(step, 'main', nameOf(step), parents.of(step));
        return [this.#place(step, modelNode(node, names.model(model), usingFeatures ? features : []), node.parents)];
      }
      case 'LIBRARY': {
        const empty = this.#emptyInput(step);
        const main = this.#main(step, names.library(step.metadata.library));
        return empty ? [empty, { ...main, sources: [empty.entry.id] }] : [main];
      }
      case 'MQTTPUB':
      case 'OUTBOUND':
        return this.#publication(step);
    }
  }

  /** `mqtt in`, and where it holds the run of its parents, the library that joins both and gives the message alone. */
  #waitingSubscription(step: TopicStep): readonly Placed[] {
    const subscription = this.#subscription(step);
    if (!this.options.parents.isHeld(step)) return [subscription];
    const gates = this.options.parents.of(step);
    const message: StepParent = { nodeId: subscription.entry.id, key: step.id, policy: 'next', mayBeText: true };
    // The message first: pipelib_pick takes the first parent that is waited for anew, and a gate may be one as well.
    const node = this.#node(step, 'helper', `${nameOf(step)} (wait)`, [message, ...gates]);
    return [subscription, this.#beside(step, libraryNode(node, 'pipelib_pick'), node.parents)];
  }

  #publication(step: TopicStep): readonly Placed[] {
    const { parents, broker } = this.options;
    const found = parents.of(step);
    const id = parents.idOf(step, 'main');
    const out = publishNode(id, nameOf(step), step.metadata.topic, broker);
    const [first] = found;
    const pass = first && parents.needsPass(step) ? [this.#pass(step, first)] : [];
    if (found.length < 2 && !first?.mayBeText) return [this.#place(step, out, found), ...pass];
    const node = this.#node(
      step,
      'helper',
      found.length > 1 ? `${nameOf(step)} (join)` : `${nameOf(step)} (JSON)`,
      found,
    );
    const entry = found.length > 1 ? libraryNode(node, 'pipelib_merge') : jsonNode(node.id, node.name);
    const helper = this.#beside(step, entry, found);
    return [helper, { ...this.#place(step, out, []), sources: [helper.entry.id] }, ...pass];
  }

  /** Hands on what is published under an id of its own: the step after it has the same parent already. */
  #pass(step: Step, parent: StepParent): Placed {
    const node = this.#node(step, 'pass', `${nameOf(step)} (value)`, [parent]);
    return this.#beside(step, libraryNode(node, 'pipelib_merge'), [parent]);
  }

  /** A library without parents ran on an empty object, once in each run. */
  #emptyInput(step: Step): Placed | undefined {
    const { parents, inbound } = this.options;
    if (parents.of(step).length > 0 || !inbound) return undefined;
    const entry = emptyInputNode(parents.idOf(step, 'helper'), `${nameOf(step)} (input)`);
    return { ...this.#beside(step, entry, []), sources: [parents.idOf(inbound, 'main')] };
  }

  #subscription(step: TopicStep): Placed {
    const { parents, broker } = this.options;
    const entry = subscriptionNode(parents.idOf(step, 'main'), nameOf(step), step.metadata.topic, broker);
    return this.#place(step, entry, []);
  }

  #main(step: Step, library: string): Placed {
    const node = this.#node(step, 'main', nameOf(step), this.options.parents.of(step));
    return this.#place(step, libraryNode(node, library), node.parents);
  }

  #node(step: Step, role: NodeRole, name: string, parents: readonly StepParent[]): StepNode {
    const waitsLong = this.options.behindHalts.has(step.id);
    return { id: this.options.parents.idOf(step, role), name, parents, waitsLong };
  }

  #place(step: Step, entry: FlowEntry, parents: readonly StepParent[]): Placed {
    return { entry: { ...entry, info: infoOf(step) }, sources: idsOf(parents), place: this.options.layout.of(step.id) };
  }

  #beside(step: Step, entry: FlowEntry, parents: readonly StepParent[]): Placed {
    const place = this.options.layout.beside(step.id, String(entry['name']));
    return { entry, sources: idsOf(parents), place };
  }
}

const idsOf = (parents: readonly StepParent[]): readonly string[] => parents.map(({ nodeId }) => nodeId);

/** What has no place of its own in Node-RED, for the node's description. */
function infoOf(step: Step): string {
  const { id, label, styling } = step;
  const whole = label === nameOf(step) ? [] : [`Label: ${label.slice(0, 10_000)}`];
  return [`Step ${id} of the original.`, ...(styling?.color ? [`Colour: ${styling.color}`] : []), ...whole].join(
    '\n\n',
  );
}
