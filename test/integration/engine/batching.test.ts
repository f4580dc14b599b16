import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LoadedModel, RunResult } from '../../../lib/inference/engine';
import type { Tensor, Tensors } from '../../../lib/inference/tensor';
import type { Dimension } from '../../../lib/registry/signature';
import { batchable, mixedForSomeValues, notBatchable } from '../../support/batch-models';
import { openEngineLab } from '../../support/engine-lab';
import { tensorOf } from '../../support/tensor-arbitraries';

/** Most requests of one property: two full batches and a bit. */
const MAX_COUNT = 140;
const OPEN_SIZE = 3;

/** Inputs for one request. Indices stay small, since a table may be short; text is any. */
function feedsOf({ signature }: LoadedModel, rowCount: number): fc.Arbitrary<Tensors> {
  const sizeOf = (size: Dimension, axis: number): number => {
    if (axis === 0 && typeof size !== 'number') return rowCount;
    return typeof size === 'number' ? size : OPEN_SIZE;
  };
  const tensors = signature.inputs.map(({ name, type, shape }) => {
    const any = tensorOf(type, (shape ?? [rowCount, 4]).map(sizeOf));
    return (type === 'int64' ? any.map(smallIndices) : any).map((tensor): [string, Tensor] => [name, tensor]);
  });
  return fc.tuple(...tensors).map((entries) => new Map(entries));
}

function smallIndices(tensor: Tensor): Tensor {
  const data = tensor.data as BigInt64Array;
  return { ...tensor, data: data.map((value) => ((value % 10n) + 10n) % 10n) };
}

const requestsOf = (model: LoadedModel): fc.Arbitrary<Tensors[]> =>
  fc
    .array(
      fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 70 }) }),
      {
        minLength: 2,
        maxLength: MAX_COUNT,
        size: 'max',
      },
    )
    .chain((rowCounts) => fc.tuple(...rowCounts.map((rowCount) => feedsOf(model, rowCount))));

async function together(model: LoadedModel, requests: readonly Tensors[]): Promise<RunResult[]> {
  return await Promise.all(requests.map((feeds) => model.run(feeds)));
}

async function apart(model: LoadedModel, requests: readonly Tensors[]): Promise<RunResult[]> {
  const results: RunResult[] = [];
  for (const feeds of requests) results.push(await model.run(feeds));
  return results;
}

const sameBits = (a: Tensors, b: Tensors): void => {
  assert.deepEqual(
    [...a].map(([name, { type, dims, data }]) => [name, type, dims, data]),
    [...b].map(([name, { type, dims, data }]) => [name, type, dims, data]),
  );
};

const both = (['native', 'wasm'] as const).flatMap((runtime) => batchable.map((one) => ({ runtime, ...one })));

describe('Requests that run together', () => {
  for (const { runtime, name, spec } of both) {
    it(`give what each gives alone on the ${runtime} runtime: ${name}`, async () => {
      await using lab = await openEngineLab({ options: { runtime } });
      const model = await lab.load('model', spec);
      let largest = 0;
      await fc.assert(
        fc.asyncProperty(requestsOf(model), async (requests) => {
          const [batched, single] = [await together(model, requests), await apart(model, requests)];
          for (const [n, result] of batched.entries()) {
            sameBits(result.outputs, single[n]?.outputs ?? new Map());
            largest = Math.max(largest, result.batchSize);
          }
          assert.ok(single.every(({ batchSize }) => batchSize === 1));
        }),
        { numRuns: 6, endOnFailure: true },
      );
      assert.ok(largest > 1, 'they ran apart');
    });
  }
});

describe('Requests run apart', () => {
  for (const { name, spec } of [...notBatchable, ...mixedForSomeValues]) {
    it(`where the model has ${name}`, async () => {
      await using lab = await openEngineLab();
      const model = await lab.load('model', spec);
      await fc.assert(
        fc.asyncProperty(fc.array(feedsOf(model, 1), { minLength: 40, maxLength: 40 }), async (requests) => {
          const sizes = (await together(model, requests)).map(({ batchSize }) => batchSize);
          assert.deepEqual(new Set(sizes), new Set([1]));
        }),
        { numRuns: 1, endOnFailure: true },
      );
    });
  }
});
