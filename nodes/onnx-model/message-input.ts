import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { ModelManagementError } from '../../lib/errors';
import type { RunnerInput } from '../../lib/inference/model-runner';
import type { Arrival, JoinInput } from '../../lib/pipeline/join/round-input';
import type { OnnxModelConfig } from './config';

type InputRow = OnnxModelConfig['inputMap'][number];

/** A message and what its parents gave; see `lib/pipeline/join/round-input.ts`. */
type Joined = Pick<JoinInput<Arrival>, 'value' | 'parents' | 'isJoined'>;

/** The result of one parent: from the round, or the payload of a message that can only be meant. */
function parentValue(row: InputRow, { value, parents, isJoined }: Joined, parentIds: readonly string[]): unknown {
  const id = parentIds[Number(row.value)];
  const result = parents.find((parent) => parent.id === id);
  if (result) return result.value;
  if (!isJoined && parentIds.length <= 1) return value;
  throw unreadable(row, new Error(isJoined ? 'it gave no result in this round' : 'the message came alone'));
}

/** JSONata fails with plain objects. */
function reasonOf(error: unknown): string {
  const { message } = Object(error) as { readonly message?: unknown };
  return typeof message === 'string' ? message : String(error);
}

function unreadable({ input, value, valueType }: InputRow, cause: unknown): ModelManagementError {
  return new ModelManagementError(
    'INVALID_INPUT',
    `The input ${JSON.stringify(input)} cannot be read from ${valueType} ${JSON.stringify(value)}: ${reasonOf(cause)}`,
    'Open the node and mend the table of inputs, or send what it names.',
    { cause },
  );
}

function evaluate(red: NodeAPI, node: Node, row: InputRow, message: NodeMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, value?: unknown): void => (error ? reject(unreadable(row, error)) : resolve(value));
    try {
      red.util.evaluateNodeProperty(row.value, row.valueType, node, message, done);
    } catch (error) {
      // Text that is no JSON or JSONata is thrown, not called back.
      done(error);
    }
  });
}

export interface InputSources {
  readonly red: NodeAPI;
  readonly node: Node;
  readonly rows: readonly InputRow[];
  readonly parentIds: readonly string[];
}

/**
 * What a message or a round brings for the model: its value, or one value per row of the input table (JSONata and
 * context stores answer later, hence the promise).
 */
export function messageInput(
  { red, node, rows, parentIds }: InputSources,
  message: NodeMessage,
  joined: Joined,
): RunnerInput | Promise<RunnerInput> {
  const { value, parents, isJoined } = joined;
  if (rows.length === 0) return isJoined ? { kind: 'results', results: parents, value } : { kind: 'value', value };
  const read = async (row: InputRow): Promise<unknown> =>
    row.valueType === 'parent' ? parentValue(row, joined, parentIds) : evaluate(red, node, row, message);
  return Promise.all(rows.map(read)).then((values) => ({
    kind: 'inputs',
    values: new Map(rows.map((row, index) => [row.input, values[index]])),
  }));
}
