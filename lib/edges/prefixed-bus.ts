import type { Bus } from './bus';

/** A bus on which all topics are below `prefix`, which ends in `/`. */
export function prefixedBus(bus: Bus, prefix: string): Bus {
  return {
    publish: (topic, payload, options) => bus.publish(prefix + topic, payload, options),
    subscribe: (filter, listener) =>
      bus.subscribe(prefix + filter, (message) => listener({ ...message, topic: message.topic.slice(prefix.length) })),
    onConnection: (listener) => bus.onConnection(listener),
  };
}
