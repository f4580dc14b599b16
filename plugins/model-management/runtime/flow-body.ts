import { z } from 'zod';
import { isTopicFilter, isTopicName } from '../../../lib/pipeline/mqtt-topic';

/** The ends of a flow that is made for somebody. */
export const FlowBody = z.object({
  inboundTopic: z.string().refine(isTopicFilter, 'must be a topic to subscribe to').optional(),
  outboundTopic: z
    .string()
    .refine(isTopicName, 'must be a topic to publish on, so without the wildcards + and #')
    .optional(),
  brokerId: z.string().min(1).optional(),
});

/** exactOptionalPropertyTypes wants absent keys, not undefined ones. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}
