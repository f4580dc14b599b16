import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { ModelManagementError } from '../../lib/errors';
import type { RunnerInput } from '../../lib/inference/model-runner';
import type { OnnxModelConfig } from './config';

type InputRow = OnnxModelConfig['inputMap'][number];

/** The one joined parent's result; several parents are joined before this. */
function parentValue(message: NodeMessage): unknown {
  return message.payload;
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
  if (row.valueType === 'parent') return Promise.resolve(parentValue(message));
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

/**
 * What a message brings for the model: its payload, or one value per row of the input table (JSONata and context
 * stores answer later, hence the promise).
 */
export function messageInput(
  red: NodeAPI,
  node: Node,
  rows: readonly InputRow[],
  message: NodeMessage,
): RunnerInput | Promise<RunnerInput> {
  if (rows.length === 0) return { kind: 'value', value: message.payload };
  return Promise.all(rows.map((row) => evaluate(red, node, row, message))).then((values) => ({
    kind: 'inputs',
    values: new Map(rows.map((row, index) => [row.input, values[index]])),
  }));
}
