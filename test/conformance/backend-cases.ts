import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onnx } from 'onnx-proto';
import type { TensorLiteral } from '../../lib/inference/codec';
import { float16ToNumber } from '../../lib/inference/codec/float16';
import type { TensorType } from '../../lib/registry/signature';
import { dataTypes } from '../support/onnx-models';

/** Installed by `apt-get install libonnx-testdata`. */
const PACKAGE = 'libonnx-testdata';
const DATA_FOLDER = '/onnx/backend/test/data';

export interface BackendData {
  readonly folder: string;
  /** Debian version of the data. */
  readonly version: string;
}

/** One set of inputs with what must come out, in the order of the model's inputs and outputs. */
export interface BackendCase {
  readonly name: string;
  readonly modelPath: string;
  readonly dataSets: readonly string[];
}

export interface DataSet {
  readonly inputs: readonly TensorLiteral[];
  readonly outputs: readonly TensorLiteral[];
}

type Value = TensorLiteral['data'][number];

/** Where the package manager put the ONNX backend cases; undefined when they are not installed. */
export function findBackendData(): BackendData | undefined {
  try {
    const run = (command: string, args: string[]): string =>
      execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const folder = run('dpkg', ['-L', PACKAGE])
      .split('\n')
      .find((line) => line.endsWith(DATA_FOLDER));
    const version = /^Version: (.+)$/m.exec(run('dpkg', ['-s', PACKAGE]))?.[1];
    return folder && version ? { folder, version } : undefined;
  } catch {
    return undefined;
  }
}

export async function listCases({ folder }: BackendData, suite: string): Promise<BackendCase[]> {
  const names = (await readdir(join(folder, suite))).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, suite, name);
      const dataSets = (await readdir(path)).filter((entry) => entry.startsWith('test_data_set_')).sort();
      return {
        name: `${suite}/${name}`,
        modelPath: join(path, 'model.onnx'),
        dataSets: dataSets.map((entry) => join(path, entry)),
      };
    }),
  );
}

/** @throws for data that is no tensor */
export async function readDataSet(folder: string): Promise<DataSet> {
  const files = await readdir(folder);
  const read = async (kind: string): Promise<TensorLiteral[]> => {
    const paths = files.filter((file) => file.startsWith(kind)).sort((a, b) => indexOf(a) - indexOf(b));
    return Promise.all(paths.map(async (file) => readTensor(await readFile(join(folder, file)))));
  };
  return { inputs: await read('input_'), outputs: await read('output_') };
}

function indexOf(file: string): number {
  return Number(/_(\d+)\.pb$/.exec(file)?.[1]);
}

function readTensor(bytes: Buffer): TensorLiteral {
  const proto = onnx.TensorProto.decode(bytes);
  const type = Object.entries(dataTypes).find(([, code]) => code === proto.dataType)?.[0] as TensorType | undefined;
  if (!type) throw new Error(`the data set holds no tensor that JavaScript can pass (type ${proto.dataType})`);
  const dims = proto.dims.map(Number);
  const data = proto.rawData.length > 0 ? rawValues(type, Buffer.from(proto.rawData)) : fieldValues(type, proto);
  if (data.length !== dims.reduce((a, b) => a * b, 1))
    throw new Error('the data set holds something else than a tensor');
  return { type, dims, data };
}

const rawReaders: Record<
  Exclude<TensorType, 'string'>,
  readonly [bytes: number, read: (b: Buffer, at: number) => Value]
> = {
  float32: [4, (b, at) => b.readFloatLE(at)],
  float64: [8, (b, at) => b.readDoubleLE(at)],
  float16: [2, (b, at) => float16ToNumber(b.readUInt16LE(at))],
  int8: [1, (b, at) => b.readInt8(at)],
  int16: [2, (b, at) => b.readInt16LE(at)],
  int32: [4, (b, at) => b.readInt32LE(at)],
  int64: [8, (b, at) => exact(b.readBigInt64LE(at))],
  uint8: [1, (b, at) => b.readUInt8(at)],
  uint16: [2, (b, at) => b.readUInt16LE(at)],
  uint32: [4, (b, at) => b.readUInt32LE(at)],
  uint64: [8, (b, at) => exact(b.readBigUInt64LE(at))],
  bool: [1, (b, at) => b.readUInt8(at) !== 0],
};

function rawValues(type: TensorType, raw: Buffer): Value[] {
  if (type === 'string') throw new Error('text has no raw form');
  const [elementBytes, read] = rawReaders[type];
  return Array.from({ length: raw.length / elementBytes }, (_, index) => read(raw, index * elementBytes));
}

function fieldValues(type: TensorType, proto: onnx.TensorProto): Value[] {
  switch (type) {
    case 'string':
      return proto.stringData.map((text) => Buffer.from(text).toString('utf8'));
    case 'float32':
      return proto.floatData;
    case 'float64':
      return proto.doubleData;
    case 'int64':
      return proto.int64Data.map((value) => exact(BigInt(value.toString())));
    case 'uint32':
    case 'uint64':
      return proto.uint64Data.map((value) => exact(BigInt(value.toString())));
    case 'bool':
      return proto.int32Data.map((value) => value !== 0);
    case 'float16':
      return proto.int32Data.map(float16ToNumber);
    default:
      return proto.int32Data;
  }
}

function exact(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
