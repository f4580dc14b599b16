import { END_MARK, paxEntry, paxRecord, rawArchive, rawEntry } from './raw-tar';

export interface HostileArchive {
  readonly name: string;
  readonly bytes: (model: Buffer) => Buffer;
  /** What the refusal says. */
  readonly words: RegExp;
}

const file = (name: string, content: Buffer | string = 'x'): Buffer => rawEntry({ name }, content);
const kilobytes = (count: number): string => 'a'.repeat(count * 1024);
const base256 = (...tail: number[]): Buffer => Buffer.from([0x80, ...Array<number>(11 - tail.length).fill(0), ...tail]);

/** With a good model before what is bad. */
const withModel =
  (...more: readonly Buffer[]) =>
  (model: Buffer): Buffer =>
    rawArchive(file('model.onnx', model), ...more);

/** Names by which one would write elsewhere, or two files become one. */
const names: readonly HostileArchive[] = [
  ...(
    [
      ['a way out', 'additional_output/../../etc/passwd', /leads out/],
      ['a way out at the end', 'additional_output/..', /leads out/],
      ['an absolute name', '/additional_output/a', /absolute/],
      ['a drive letter', 'C:\\a', /absolute/],
      ['a share of Windows', '\\\\host\\share', /backslash/],
      ['a backslash', 'additional_output\\..\\..\\a', /backslash/],
      ['a control character', 'additional_output/a\rb', /cannot be printed/],
      ['an escape sequence of terminals', 'additional_output/\u001b[2J', /cannot be printed/],
      ['no name', '', /empty part/],
      ['a name of dots', './.', /empty part/],
    ] as const
  ).map(([name, path, words]) => ({ name, bytes: withModel(file(path)), words })),
  {
    name: 'a name that is no UTF-8',
    bytes: withModel(rawEntry({ name: Buffer.from('additional_output/\xff\xfe', 'latin1') }, 'x')),
    words: /cannot be printed/,
  },
  {
    name: 'a NUL in a pax name',
    bytes: withModel(paxEntry({ path: 'additional_output/a\0/../../b' }), file('a')),
    words: /cannot be printed/,
  },
  {
    name: 'a way out in a pax name, under a harmless one',
    bytes: withModel(paxEntry({ path: '../model.onnx' }), file('additional_output/harmless')),
    words: /leads out/,
  },
  {
    name: 'a way out in a GNU long name',
    bytes: withModel(rawEntry({ name: '././@LongLink', flag: 'L' }, `${'../'.repeat(60)}a\0`), file('a')),
    words: /leads out/,
  },
  {
    name: 'a way out by the prefix',
    bytes: withModel(rawEntry({ name: 'a', prefix: 'additional_output/..' }, 'x')),
    words: /leads out/,
  },
  { name: 'a name of 2 KB', bytes: withModel(paxEntry({ path: kilobytes(2) }), file('a')), words: /longer than 1024/ },
  { name: 'a file twice', bytes: withModel(file('model.onnx')), words: /twice/ },
  {
    name: 'a file twice, once with ./',
    bytes: withModel(file('additional_output/a'), file('./additional_output/a')),
    words: /twice/,
  },
  {
    name: 'a file twice but for case',
    bytes: withModel(file('additional_output/Ä'), file('additional_output/ä')),
    words: /twice/,
  },
  {
    name: 'a file twice but for the normal form of Unicode',
    bytes: withModel(file('additional_output/\u00e9'), file('additional_output/e\u0301')),
    words: /twice/,
  },
  { name: 'MODEL.ONNX beside model.onnx', bytes: withModel(file('MODEL.ONNX')), words: /twice/ },
  {
    name: 'a file that is a folder too',
    bytes: withModel(file('additional_output/a'), file('additional_output/a/b')),
    words: /twice/,
  },
];

/** Entries that are no files. */
const types: readonly HostileArchive[] = (
  [
    ['a hard link', '1', /hard link/],
    ['a symbolic link', '2', /symbolic link/],
    ['a character device', '3', /character device/],
    ['a block device', '4', /block device/],
    ['a fifo', '6', /fifo/],
    ['a contiguous file', '7', /contiguous file/],
    ['a GNU sparse file', 'S', /sparse file/],
    ['a volume label', 'V', /unknown type "V"/],
    ['a multi-volume part', 'M', /unknown type "M"/],
    ['an entry of a type that does not exist', '~', /unknown type "~"/],
  ] as const
).map(([name, flag, words]) => ({
  name,
  bytes: withModel(rawEntry({ name: 'additional_output/a', flag, linkName: '../../../etc/passwd' })),
  words,
}));

const sizes: readonly HostileArchive[] = [
  {
    name: 'a file of 10 GB in its header, and nothing behind it',
    bytes: withModel(rawEntry({ name: 'additional_output/a', size: base256(2, 0x54, 0x0b, 0xe4, 0) })),
    words: /too early/,
  },
  {
    name: 'a size that is negative',
    bytes: withModel(rawEntry({ name: 'additional_output/a', size: Buffer.alloc(12, 0xff) })),
    words: /no possible size/,
  },
  {
    name: 'a size beyond all numbers',
    bytes: withModel(
      rawEntry({ name: 'additional_output/a', size: Buffer.from([0x80, ...Array<number>(11).fill(255)]) }),
    ),
    words: /no possible size/,
  },
  {
    name: 'a size that is no number',
    bytes: withModel(rawEntry({ name: 'additional_output/a', size: '12345x' })),
    words: /no possible size/,
  },
  {
    name: 'a pax size that is no number',
    bytes: withModel(paxEntry({ size: '-1' }), file('additional_output/a')),
    words: /no possible size/,
  },
  {
    name: 'a pax size larger than what comes',
    bytes: withModel(paxEntry({ size: '1000000000000' }), file('additional_output/a')),
    words: /too early/,
  },
  {
    name: 'a folder with content',
    bytes: withModel(rawEntry({ name: 'additional_output', flag: '5' }, file('model.onnx'))),
    words: /folder has content/,
  },
];

const headers: readonly HostileArchive[] = [
  {
    name: 'a pax header of 5 MB',
    bytes: withModel(paxEntry({ comment: kilobytes(5_000) }), file('additional_output/a')),
    words: /extended header has \d+ bytes, more than the 65536/,
  },
  {
    name: 'a pax header that says it has 8 GB',
    bytes: withModel(rawEntry({ name: 'pax', flag: 'x', size: base256(2, 0, 0, 0, 0) })),
    words: /extended header has 8589934592 bytes/,
  },
  {
    name: 'a GNU long name of 5 MB',
    bytes: withModel(rawEntry({ name: 'long', flag: 'L' }, kilobytes(5_000)), file('a')),
    words: /extended header has \d+ bytes/,
  },
  {
    name: 'pax headers without end',
    bytes: withModel(...Array<Buffer>(10_000).fill(paxEntry({ comment: 'a' }))),
    words: /more than 4 extended headers/,
  },
  {
    name: 'a pax record with a wrong length',
    bytes: withModel(rawEntry({ name: 'pax', flag: 'x' }, '999 path=a\n'), file('additional_output/a')),
    words: /extended header is damaged/,
  },
  {
    name: 'a pax record with a negative length',
    bytes: withModel(rawEntry({ name: 'pax', flag: 'x' }, '-9 path=a\n'), file('additional_output/a')),
    words: /extended header is damaged/,
  },
  {
    name: 'a global pax header with a name for all entries',
    bytes: withModel(paxEntry({ path: 'model.onnx' }, 'g'), file('additional_output/a')),
    words: /for all entries/,
  },
  {
    name: 'a sparse file by pax',
    bytes: withModel(paxEntry({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'a' }), file('additional_output/a')),
    words: /sparse file/,
  },
  {
    name: 'a wrong checksum',
    bytes: withModel(rawEntry({ name: 'additional_output/a', checksum: '000000\0 ' })),
    words: /header is damaged/,
  },
  {
    name: 'a header of another format',
    bytes: withModel(rawEntry({ name: 'additional_output/a', magic: 'rats\0\0\0\0' })),
    words: /not of the ustar format/,
  },
];

const ends: readonly HostileArchive[] = [
  { name: 'no end mark', bytes: (model) => file('model.onnx', model), words: /without its end mark/ },
  {
    name: 'another archive behind its end',
    bytes: (model) => Buffer.concat([withModel()(model), withModel()(model)]),
    words: /goes on after its end/,
  },
  {
    name: 'garbage behind its end',
    bytes: (model) => Buffer.concat([withModel()(model), Buffer.from('garbage')]),
    words: /goes on after its end/,
  },
  { name: 'nothing but its end mark', bytes: () => END_MARK, words: /no model\.onnx/ },
  { name: 'nothing at all', bytes: () => Buffer.alloc(0), words: /without its end mark/ },
  { name: 'zeros of 5 MB', bytes: () => Buffer.alloc(5_000_000), words: /no model\.onnx/ },
];

const contents: readonly HostileArchive[] = [
  {
    name: 'an archive within it in the place of the model',
    bytes: (model) => rawArchive(file('model.onnx', withModel()(model))),
    words: /tar archive, not an ONNX model/,
  },
  {
    name: 'an archive within it',
    bytes: (model) => withModel(file('a.tar', withModel()(model)))(model),
    words: /no place/,
  },
  {
    name: 'more entries than are taken',
    bytes: withModel(
      ...Array.from({ length: 1_000 }, (_, n) => rawEntry({ name: `additional_output/${n}`, flag: '5' })),
    ),
    words: /more than 1000 entries/,
  },
  {
    name: 'hostile preprocessing',
    bytes: withModel(file('preprocessing.onnx', 'PK\x03\x04 no model')),
    words: /ZIP archive/,
  },
  {
    name: 'ten thousand records in a pax header',
    bytes: withModel(
      rawEntry({ name: 'pax', flag: 'x' }, paxRecord('a', 'b').repeat(10_000)),
      file('additional_output/../a'),
    ),
    words: /leads out/,
  },
];

/** Archives that must be refused as a whole, with what the refusal must say. */
export const hostileArchives: readonly HostileArchive[] = [
  ...names,
  ...types,
  ...sizes,
  ...headers,
  ...ends,
  ...contents,
];
