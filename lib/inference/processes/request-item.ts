import { ModelManagementError } from '../../errors';
import type { Signature } from '../../registry/signature';
import type { Tensors } from '../tensor';
import type { IndexedTensor, RequestItem } from '../wire/frames';

function refused(message: string, hint: string): ModelManagementError {
  return new ModelManagementError('INFERENCE_FAILED', message, hint);
}

function listOf(names: readonly { readonly name: string }[]): string {
  return names.map(({ name }) => `"${name}"`).join(', ') || 'none';
}

/**
 * The request as it travels. Checks here what would end a batch for all: names, types and lengths; what a shape
 * means is left to the runtime.
 *
 * @throws {ModelManagementError} `INFERENCE_FAILED`
 */
export function buildRequestItem(
  id: number,
  { inputs, outputs }: Signature,
  feeds: Tensors,
  fetchNames: readonly string[],
): RequestItem {
  const tensors = inputs.map(({ name, type }, index): IndexedTensor => {
    const tensor = feeds.get(name);
    if (!tensor) throw refused(`input "${name}" is missing`, `Give a tensor for each of: ${listOf(inputs)}.`);
    if (tensor.type !== type) {
      throw refused(`input "${name}" must be ${type}, ${tensor.type} came`, 'Give the type the signature names.');
    }
    const count = tensor.dims.reduce((product, size) => product * size, 1);
    if (count !== tensor.data.length) {
      throw refused(
        `input "${name}" of shape [${tensor.dims.join(', ')}] needs ${count} elements, ${tensor.data.length} came`,
        'Make shape and data agree.',
      );
    }
    return { index, tensor };
  });
  if (feeds.size > inputs.length) {
    const unknown = [...feeds.keys()].filter((name) => !inputs.some((input) => input.name === name));
    throw refused(
      `the model has no input ${unknown.map((name) => `"${name}"`).join(', ')}`,
      `Its inputs are: ${listOf(inputs)}.`,
    );
  }
  const fetches = fetchNames.map((name) => {
    const index = outputs.findIndex((output) => output.name === name);
    if (index < 0) throw refused(`the model has no output "${name}"`, `Its outputs are: ${listOf(outputs)}.`);
    return index;
  });
  return { id, fetches, tensors };
}
