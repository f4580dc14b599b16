import type { ModelManagementError } from '../../errors';
import { isConsumed } from './join';
import type { PlannedParent } from './join-plan';

export type JoinMessage = Record<string, unknown>;

/** One message at a node's input. `done` is called exactly once, with an error when it came to nothing. */
export interface Arrival {
  readonly message: JoinMessage;
  done(error?: ModelManagementError): void;
}

/** The result of one parent in a round. */
export interface ParentResult extends Pick<PlannedParent, 'id' | 'key' | 'name' | 'policy'> {
  readonly value: unknown;
}

/** What a node runs on: one message by itself, or a round. */
export interface JoinInput<A extends Arrival> {
  /** Whose message goes on: that of the first `each` parent in the node's list. Its `done` is not to be called. */
  readonly arrival: A;
  /** The payload of a message by itself; of a round `{key: payload}`. */
  readonly value: unknown;
  /** In the order of the node's list; only those that gave something. Empty for a message of unknown origin. */
  readonly parents: readonly ParentResult[];
  /** True when results of several parents came together. */
  readonly isJoined: boolean;
  /** With `keepParents`: the messages of the round without their payloads and without messages they kept, by key. */
  readonly messages?: Readonly<Record<string, JoinMessage>>;
  /** Ends all messages of the round; the error goes to the one that goes on. Once. */
  finish(error?: ModelManagementError): void;
}

/** A result as a join keeps it. */
export interface Held<A> {
  /** Absent for an initial value. */
  readonly arrival?: A;
  readonly value: unknown;
}

/** A message that runs the node by itself. @param parent - undefined for one of unknown origin */
export function aloneInput<A extends Arrival>(arrival: A, parent: PlannedParent | undefined): JoinInput<A> {
  const value = arrival.message['payload'];
  const parents = parent ? [asResult(parent, value)] : [];
  return { arrival, value, parents, isJoined: false, finish: (error) => arrival.done(error) };
}

export interface RoundCopies {
  /** Copies what other rounds get as well: the values of `latest` and `next` parents. */
  readonly copyValue: <T>(shared: T) => T;
  /** Copies the messages that are kept; absent: none are. */
  readonly copyMessage?: <T>(message: T) => T;
}

/**
 * What came together, in the order of the node's list.
 * @throws whatever copying throws; {TypeError} without a result of an `each` parent, which no round is released without
 */
export function roundInput<A extends Arrival>(
  joined: readonly PlannedParent[],
  results: ReadonlyMap<string, Held<A>>,
  { copyValue, copyMessage }: RoundCopies,
): JoinInput<A> {
  const present = joined.flatMap((parent) => {
    const held = results.get(parent.id);
    if (!held) return [];
    const isShared = parent.policy === 'latest' || parent.policy === 'next';
    return [{ parent, held, value: isShared ? copyValue(held.value) : held.value }];
  });
  const arrival = present.find(({ parent }) => parent.policy === 'each')?.held.arrival;
  if (!arrival) throw new TypeError('a round without a result of an each parent');
  const others = present.flatMap(({ parent: { policy }, held }) => {
    return isConsumed(policy) && held.arrival && held.arrival !== arrival ? [held.arrival] : [];
  });
  const kept = copyMessage && present.map(({ parent, held }) => [parent.key, copyMessage(keptMessage(held))] as const);
  return {
    arrival,
    value: Object.fromEntries(present.map(({ parent, value }) => [parent.key, value])),
    parents: present.map(({ parent, value }) => asResult(parent, value)),
    isJoined: true,
    ...(kept ? { messages: Object.fromEntries(kept) } : {}),
    finish: (error) => {
      for (const other of others) other.done();
      arrival.done(error);
    },
  };
}

function asResult({ id, key, name, policy }: PlannedParent, value: unknown): ParentResult {
  return { id, key, name, policy, value };
}

/** Without its own kept messages: one that is fed back would carry all that ever were. */
function keptMessage({ arrival }: Held<Arrival>): JoinMessage {
  const { payload: _payload, parents: _parents, ...rest } = arrival?.message ?? {};
  return rest;
}
