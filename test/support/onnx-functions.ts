import { bytesField, numberField } from './protobuf';

/*
 * Models with functions of their own, which `onnx-proto` does not know in full. Field numbers:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

const DOMAIN = 'local';
const TENSOR = 4;
const FLOAT = 1;

export function nodeBytes(op: string, input: string, output: string, isOwn = false, attributes: Buffer[] = []): Buffer {
  return Buffer.concat([
    bytesField(1, input),
    bytesField(2, output),
    bytesField(4, op),
    ...attributes.map((attribute) => bytesField(5, attribute)),
    ...(isOwn ? [bytesField(7, DOMAIN)] : []),
  ]);
}

function opset(field: number, domain: string, version: number): Buffer {
  return bytesField(field, [bytesField(1, domain), numberField(2, version)]);
}

/** float32 [N,4]. */
function valueBytes(name: string): Buffer {
  const shape = bytesField(2, [bytesField(1, bytesField(2, 'N')), bytesField(1, numberField(1, 4))]);
  return Buffer.concat([bytesField(1, name), bytesField(2, bytesField(1, [numberField(1, FLOAT), shape]))]);
}

/** `b = name(a)`. */
export function functionBytes(name: string, nodes: readonly Buffer[], defaults: readonly Buffer[] = []): Buffer {
  return Buffer.concat([
    bytesField(1, name),
    bytesField(4, 'a'),
    bytesField(5, 'b'),
    ...nodes.map((node) => bytesField(7, node)),
    opset(9, '', 13),
    opset(9, DOMAIN, 1),
    bytesField(10, DOMAIN),
    ...defaults.map((attribute) => bytesField(11, attribute)),
  ]);
}

/** float32 [N,4] `y` from `x`. */
export function modelBytes(nodes: readonly Buffer[], functions: readonly Buffer[] = []): Buffer {
  const graph = [
    ...nodes.map((node) => bytesField(1, node)),
    bytesField(2, 'graph'),
    bytesField(11, valueBytes('x')),
    bytesField(12, valueBytes('y')),
  ];
  return Buffer.concat([
    numberField(1, 8),
    opset(8, '', 13),
    opset(8, DOMAIN, 1),
    ...functions.map((one) => bytesField(25, one)),
    bytesField(7, graph),
  ]);
}

/** Each function calls the next `calls` times: twice and `depth` of 40 is a model of 10^12 nodes in 3 KB. */
export function callTree(depth: number, calls: number): Buffer {
  const functions = Array.from({ length: depth }, (_, level) => {
    const isLast = level === depth - 1;
    const op = isLast ? 'Identity' : `f${level + 1}`;
    const names = Array.from({ length: calls + 1 }, (_name, n) => (n === 0 ? 'a' : n === calls ? 'b' : `t${n}`));
    return functionBytes(
      `f${level}`,
      names.slice(1).map((output, n) => nodeBytes(op, names[n] ?? 'a', output, !isLast)),
    );
  });
  return modelBytes([nodeBytes('f0', 'x', 'y', true)], functions);
}

/** `names` call each other in a circle. */
export function callCircle(names: readonly string[]): Buffer {
  const functions = names.map((name, n) =>
    functionBytes(name, [nodeBytes(names[(n + 1) % names.length] ?? name, 'a', 'b', true)]),
  );
  return modelBytes([nodeBytes(names[0] ?? '', 'x', 'y', true)], functions);
}

/** `y = x + w`, where `w` is the default of a function's attribute and lies in another file. */
export function hiddenExternalData(location: string): Buffer {
  const entry = (key: string, value: string): Buffer => bytesField(13, [bytesField(1, key), bytesField(2, value)]);
  const weight = Buffer.concat([
    numberField(1, 4),
    numberField(2, FLOAT),
    bytesField(8, 'hidden'),
    entry('location', location),
    entry('length', '16'),
    numberField(14, 1),
  ]);
  const reference = Buffer.concat([bytesField(1, 'value'), numberField(20, TENSOR), bytesField(21, 'value')]);
  const constant = Buffer.concat([bytesField(2, 'w'), bytesField(4, 'Constant'), bytesField(5, reference)]);
  const sum = Buffer.concat([bytesField(1, 'a'), bytesField(1, 'w'), bytesField(2, 'b'), bytesField(4, 'Add')]);
  const byDefault = Buffer.concat([bytesField(1, 'value'), bytesField(5, weight), numberField(20, TENSOR)]);
  return modelBytes([nodeBytes('leak', 'x', 'y', true)], [functionBytes('leak', [constant, sum], [byDefault])]);
}
