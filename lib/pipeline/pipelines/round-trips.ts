import type { FlowEntry } from '../flow-entry';
import { brokerAddress, textOf } from '../graph/stored-wiring';
import type { Vertex } from '../graph/vertex';
import { doFiltersOverlap } from '../mqtt-topic';

/** Tells of an `mqtt out` whether an `mqtt in` takes what it publishes. */
export type TakesBack = (outbound: Vertex, inbound: Vertex) => boolean;

/**
 * What messages or the environment tell is not known, and so matches nothing: a topic that is empty or holds `${…}`,
 * subscriptions made at run time.
 * @param entries - all of the flow file, for the brokers in it
 */
export function roundTripsIn(entries: readonly FlowEntry[]): TakesBack {
  const brokers = new Map(entries.filter(({ type }) => type === 'mqtt-broker').map((entry) => [entry.id, entry]));
  return ({ entry: outbound }, { entry: inbound }) => {
    if (outbound.type !== 'mqtt out' || inbound.type !== 'mqtt in' || isDynamic(inbound)) return false;
    const [topic, filter] = [fixedTextOf(outbound, 'topic'), fixedTextOf(inbound, 'topic')];
    if (topic === '' || filter === '' || !doFiltersOverlap(topic, filter)) return false;
    const [from, to] = [brokers.get(textOf(outbound, 'broker')), brokers.get(textOf(inbound, 'broker'))];
    if (!from || !to || brokerAddress(from) !== brokerAddress(to)) return false;
    // No local: what a connection published itself does not come back by it.
    return !(from === to && isVersion5(from) && String(inbound['nl']) === 'true');
  };
}

const isDynamic = ({ inputs }: FlowEntry): boolean => Number(inputs) === 1;

const isVersion5 = ({ protocolVersion }: FlowEntry): boolean => Number(protocolVersion) === 5;

function fixedTextOf(entry: FlowEntry, key: string): string {
  const text = textOf(entry, key);
  return text.includes('${') ? '' : text;
}
