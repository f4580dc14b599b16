import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { TensorData } from '../../../lib/inference/tensor';
import { decodeFrame } from '../../../lib/inference/wire/frame-decoder';
import { encodeBatch, encodeFrame } from '../../../lib/inference/wire/frame-encoder';
import { FrameStream } from '../../../lib/inference/wire/frame-stream';
import {
  type AnswerItem,
  type Batch,
  type BatchResults,
  type Frame,
  FrameError,
  HEADER_BYTES,
  type RequestItem,
} from '../../../lib/inference/wire/frames';
import { anyTensor, tensorOf } from '../../support/tensor-arbitraries';

const plain = { noNullPrototype: true } as const;
const u16 = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 0xffff });
const id = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 0xffff_ffff });
const tensors = () => fc.array(fc.record({ index: u16(), tensor: anyTensor() }, plain), { maxLength: 3 });

const request = (): fc.Arbitrary<RequestItem> =>
  fc.record({ id: id(), fetches: fc.array(u16(), { maxLength: 3 }), tensors: tensors() }, plain);
const answer = (): fc.Arbitrary<AnswerItem> =>
  fc.oneof(
    fc.record(
      {
        id: id(),
        status: fc.constant('ok' as const),
        durationMs: fc.double({ noNaN: true }),
        batchSize: id(),
        tensors: tensors(),
      },
      plain,
    ),
    fc.record({ id: id(), status: fc.constant('refused' as const), message: fc.string({ unit: 'grapheme' }) }, plain),
  );
/** Requests of equal fetches, types and trailing dims, as they may share a batch. */
const alikeRequests = (): fc.Arbitrary<RequestItem[]> =>
  fc
    .array(u16(), { maxLength: 3 })
    .chain((fetches) =>
      fc
        .array(fc.record({ index: u16(), tensor: anyTensor() }, plain), { minLength: 1, maxLength: 3 })
        .chain((likes) =>
          fc
            .array(fc.tuple(id(), fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 4 })
            .chain((entries) =>
              fc.tuple(
                ...entries.map(([requestId, rows]) =>
                  fc
                    .tuple(
                      ...likes.map(({ index, tensor: { type, dims } }) =>
                        tensorOf(type, [rows, ...dims.slice(0, 2)]).map((tensor) => ({ index, tensor })),
                      ),
                    )
                    .map((items) => ({ id: requestId, fetches, tensors: items })),
                ),
              ),
            ),
        ),
    );

/** The batch that holds the requests, joined in the plainest way. */
function joined(requests: readonly RequestItem[]): Batch {
  const entries = requests.map(({ id: requestId, tensors: [first] }) => ({
    id: requestId,
    rows: first?.tensor.dims[0] ?? 0,
  }));
  const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
  const [like] = requests;
  return {
    kind: 'batch',
    entries,
    fetches: like?.fetches ?? [],
    tensors: (like?.tensors ?? []).map(({ index, tensor: { type, dims } }, position) => {
      const elements = requests.flatMap((one) => [...(one.tensors[position]?.tensor.data ?? [])]);
      const storage = like?.tensors[position]?.tensor.data.constructor as unknown as {
        from(values: unknown[]): TensorData;
      };
      return { index, tensor: { type, dims: [rows, ...dims.slice(1)], data: storage.from(elements) } };
    }),
  };
}

const results = (): fc.Arbitrary<BatchResults> =>
  fc.tuple(alikeRequests(), fc.double({ noNaN: true })).map(([requests, durationMs]) => {
    const { entries, tensors: items } = joined(requests);
    return { kind: 'results', entries, durationMs, tensors: items };
  });

const anyFrame = (): fc.Arbitrary<Frame> =>
  fc.oneof(
    alikeRequests().map(joined),
    results(),
    fc.record({ kind: fc.constant('requests' as const), items: fc.array(request(), { maxLength: 4 }) }, plain),
    fc.record({ kind: fc.constant('answers' as const), items: fc.array(answer(), { maxLength: 4 }) }, plain),
  );

/** The bytes in pieces whose lengths repeat `sizes`. */
function split(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('Frames of the engine pipe', () => {
  it('hold the rows of a batch one request after the other', () => {
    fc.assert(
      fc.property(alikeRequests(), (requests) => {
        const payload = encodeBatch(requests).subarray(HEADER_BYTES);
        assert.deepEqual(decodeFrame(payload, false), joined(requests));
      }),
      { numRuns: 300 },
    );
  });

  it('refuse a batch whose tensors do not hold the rows its requests say', () => {
    const tensor = { type: 'float32' as const, dims: [2], data: Float32Array.of(1, 2) };
    const frame = encodeFrame({
      kind: 'batch',
      entries: [{ id: 1, rows: 3 }],
      fetches: [],
      tensors: [{ index: 0, tensor }],
    });
    assert.throws(() => decodeFrame(frame.subarray(HEADER_BYTES), false), /3 rows in a batch, \[2\] in a tensor/);
  });

  it('come back as they were, however the stream is split', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4_096 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(anyFrame(), { minLength: 1, maxLength: 4 }), sizes, (frames, lengths) => {
        const seen: Frame[] = [];
        const stream = new FrameStream((frame) => seen.push(frame));
        const reused = Buffer.alloc(4_096);
        for (const chunk of split(Buffer.concat(frames.map((frame) => encodeFrame(frame))), lengths)) {
          // The same memory for every chunk, as the reader of the child has it.
          chunk.copy(reused);
          stream.push(reused.subarray(0, chunk.length));
        }
        reused.fill(0xff);
        assert.deepEqual(seen, frames);
      }),
      { numRuns: 300 },
    );
  });

  it('refuse garbage with a FrameError, never another error and never a hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        try {
          decodeFrame(Buffer.from(garbage), false);
        } catch (error) {
          assert.ok(error instanceof FrameError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuse a frame with any byte missing or one too many', () => {
    fc.assert(
      fc.property(anyFrame(), fc.nat(), (frame, at) => {
        const payload = encodeFrame(frame).subarray(HEADER_BYTES);
        assert.throws(() => decodeFrame(payload.subarray(0, at % payload.length), false), FrameError);
        assert.throws(() => decodeFrame(Buffer.concat([payload, Buffer.alloc(1)]), false), FrameError);
      }),
    );
  });

  it('survive flipped bits as a FrameError or as some other frame', () => {
    fc.assert(
      fc.property(anyFrame(), fc.nat(), fc.integer({ min: 0, max: 7 }), (frame, at, bit) => {
        const payload = Buffer.from(encodeFrame(frame).subarray(HEADER_BYTES));
        const position = at % payload.length;
        payload[position] = (payload[position] ?? 0) ^ (1 << bit);
        try {
          decodeFrame(payload, false);
        } catch (error) {
          assert.ok(error instanceof FrameError, String(error));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('above the limit are refused by the reader before anything is allocated, with both numbers', () => {
    const stream = new FrameStream(() => assert.fail('no frame came'), 1_000);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(1_001, 0);
    assert.throws(() => stream.push(header), { name: 'FrameError', message: /1001 bytes.*at most 1000/ });
  });

  const oneTensor = (dims: number[], data: Float32Array): Frame => ({
    kind: 'requests',
    items: [{ id: 1, fetches: [], tensors: [{ index: 0, tensor: { type: 'float32', dims, data } }] }],
  });
  for (const { name, dims, message } of [
    { name: 'above the limit', dims: [1_000], message: /frame of \d+ bytes; at most 1000/ },
    { name: 'with a shape that its data does not have', dims: [999], message: /needs 999 elements; it has 1000/ },
    { name: 'with a negative size', dims: [-1, -1_000], message: /dimension of -1/ },
    { name: 'with a size that is no integer', dims: [0.5, 2_000], message: /dimension of 0.5/ },
  ]) {
    it(`are not written ${name}`, () => {
      assert.throws(() => encodeFrame(oneTensor(dims, new Float32Array(1_000)), 1_000), {
        name: 'RangeError',
        message,
      });
    });
  }

  it('keep a large tensor as a view into its own frame and copy a small one out of it', () => {
    const seen: Frame[] = [];
    const stream = new FrameStream((frame) => seen.push(frame));
    const large = encodeFrame(oneTensor([1_000], new Float32Array(1_000)));
    stream.push(large.subarray(0, 10));
    stream.push(large.subarray(10));
    stream.push(encodeFrame(oneTensor([2], new Float32Array(2))));
    const bytesBehind = seen.map((frame) => {
      const data = frame.kind === 'requests' ? frame.items[0]?.tensors[0]?.tensor.data : undefined;
      return ArrayBuffer.isView(data) ? data.buffer.byteLength : undefined;
    });
    assert.deepEqual(bytesBehind, [large.length - HEADER_BYTES, 8]);
  });
});
