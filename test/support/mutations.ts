import fc from 'fast-check';

/** One of the files with flipped bits, with a piece doubled, replaced or gone, cut, or with a number in it changed. */
export function mutated(files: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 });
  const piece = fc.uint8Array({ maxLength: 24 });
  const kind = fc.constantFrom('flip', 'flip', 'flip', 'flip', 'double', 'replace', 'cut', 'largest');
  return fc
    .tuple(fc.constantFrom(...files), kind, fc.nat(), fc.nat({ max: 120 }), flips, piece)
    .map(([file, change, at, length, bits, other]) => {
      const start = at % file.length;
      const [head, tail] = [file.subarray(0, start), file.subarray(start + length)];
      switch (change) {
        case 'double':
          return Buffer.concat([head, file.subarray(start, start + length), file.subarray(start)]);
        case 'replace':
          return Buffer.concat([head, other, tail]);
        case 'cut':
          return head;
        case 'largest':
          return Buffer.concat([head, Buffer.alloc(Math.min(10, length), 0xff), tail]);
        default: {
          const bytes = Buffer.from(file);
          for (const [place, mask] of bits) bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ mask;
          return bytes;
        }
      }
    });
}

/** Runs a property so often, from a seed that a failure prints; `MM_SEED` repeats one. */
export function runsOf(numRuns: number): fc.Parameters<unknown> {
  const seed = Number(process.env['MM_SEED'] ?? Date.now() % 2 ** 31);
  return { numRuns, seed, verbose: 1 };
}
