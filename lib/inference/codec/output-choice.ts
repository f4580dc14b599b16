import { invalidInput } from '../../errors';
import type { Signature, TensorInfo } from '../../registry/signature';
import type { CodecOptions } from './options';
import { quote, quoteAll } from './refusal';

const FLOAT_TYPES: readonly string[] = ['float32', 'float64', 'float16'];

/** Names of the outputs a result is made of, for `nested` and `tensor`. */
export function chooseOutputs({ outputs }: Signature, result: CodecOptions['result']): readonly string[] {
  const names = outputs.map(({ name }) => name);
  switch (result?.mode ?? 'first') {
    case 'first':
      return names.slice(0, 1);
    case 'all':
      return names;
    case 'named': {
      const wanted = [...new Set(result?.names)];
      const unknown = wanted.filter((name) => !names.includes(name));
      if (wanted.length > 0 && unknown.length === 0) return wanted;
      throw invalidInput(
        'result.names',
        wanted.length === 0
          ? 'result.names is empty, but result.mode is "named"'
          : `the model has no output ${quoteAll(unknown)}`,
        `Choose among its outputs: ${quoteAll(names)}.`,
      );
    }
  }
}

/** The output `label` reads scores from: the only float output of rank ≤ 2, else the first of `result.names`. */
export function chooseScores({ outputs }: Signature, result: CodecOptions['result']): string {
  const candidates = outputs.filter(canHoldScores);
  const sure = candidates.filter(({ shape }) => shape !== null);
  const only = candidates.length === 1 ? candidates[0] : sure.length === 1 ? sure[0] : undefined;
  const named = candidates.find(({ name }) => name === result?.names?.[0]);
  const chosen = only ?? named;
  if (chosen) return chosen.name;
  const [first] = result?.names ?? [];
  throw invalidInput(
    candidates.length === 0 ? 'format' : 'result.names',
    candidates.length === 0
      ? 'the format "label" needs an output of numbers with a fraction (float) and at most 2 dims, and the model has none'
      : first === undefined
        ? `the format "label" cannot tell which of ${quoteAll(candidates.map(({ name }) => name))} holds the scores`
        : `the output ${quote(first)} cannot hold the scores for the format "label"`,
    candidates.length === 0
      ? 'Choose the format "nested" or "tensor".'
      : `Name one in result.names: ${quoteAll(candidates.map(({ name }) => name))}.`,
  );
}

function canHoldScores({ type, shape }: TensorInfo): boolean {
  return FLOAT_TYPES.includes(type) && (shape === null || shape.length <= 2);
}
