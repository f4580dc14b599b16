/** A value that holds the rows of a batch: along which of its dimensions, and how many it has, where that is known. */
export interface RowValue {
  readonly axis: number;
  readonly rank?: number | undefined;
}

/** A node, as the rules see it. */
export interface RowNode {
  readonly opType: string;
  readonly opset: number;
  /** Undefined = left out, or without rows: weights, constants and sizes. */
  readonly inputs: readonly (RowValue | undefined)[];
  readonly outputCount: number;
  /** Whole numbers of an attribute. */
  ints(name: string): readonly number[] | undefined;
  /** Elements of an input that is a small int64 constant. */
  constant(input: number): readonly number[] | undefined;
  isGiven(input: number): boolean;
}

/** The value of every output, or of all alike; undefined = rows may meet here, or nobody can tell. */
export type RowRule = (node: RowNode) => RowValue | readonly RowValue[] | undefined;

const int = (node: RowNode, name: string, fallback: number): number => node.ints(name)?.[0] ?? fallback;

/** The one input that may hold rows, if no other does. */
function onlyRows(node: RowNode, allowed: readonly number[] = [0]): RowValue | undefined {
  const [first = 0] = allowed;
  const isClean = node.inputs.every((value, position) => !value || allowed.includes(position));
  return isClean ? node.inputs[first] : undefined;
}

/**
 * Whether an axis is another one than that of the rows. One counted from the end is, where the rank is not known:
 * the rows would have to stand at the end.
 */
function avoids(axis: number, { axis: rows, rank }: RowValue): boolean {
  if (axis >= 0) return axis !== rows;
  return rank === undefined || axis + rank !== rows;
}

/** How many of the axes stand before that of the rows. */
function countBefore(axes: readonly number[], { axis: rows, rank }: RowValue): number {
  return axes.filter((axis) => (axis >= 0 ? axis : rank === undefined ? rows : axis + rank) < rows).length;
}

const elementwise = ({ inputs }: RowNode): RowValue | undefined => {
  const values = inputs.filter((value) => value !== undefined);
  const [first] = values;
  const isAlike = values.every(({ axis, rank }) => axis === first?.axis && rank === first.rank);
  // Sizes are set off from the end: another rank moves the rows.
  return isAlike ? first : undefined;
};

const perSample: RowRule = (node) => {
  const value = onlyRows(node);
  return value?.axis === 0 ? value : undefined;
};

/** Classic models: one row of features for each sample. A list of rank 1 is one row to them. */
const perFeatureRow: RowRule = ({ inputs }) => {
  const values = inputs.filter((value) => value !== undefined);
  return values.every(({ axis, rank }) => axis === 0 && rank !== 1) ? { axis: 0 } : undefined;
};

const alongAxis =
  (fallback: number): RowRule =>
  (node) => {
    const value = elementwise(node);
    return value && avoids(int(node, 'axis', fallback), value) ? value : undefined;
  };

const softmax: RowRule = (node) => {
  const value = onlyRows(node);
  if (!value) return undefined;
  if (node.opset >= 13) return avoids(int(node, 'axis', -1), value) ? value : undefined;
  // Everything from the axis on is one.
  const axis = int(node, 'axis', 1);
  return axis > value.axis ? value : undefined;
};

function reduced(node: RowNode, value: RowValue, axes: readonly number[]): RowValue | undefined {
  if (!axes.every((axis) => avoids(axis, value))) return undefined;
  if (int(node, 'keepdims', 1) !== 0) return value;
  return {
    axis: value.axis - countBefore(axes, value),
    rank: value.rank === undefined ? undefined : value.rank - axes.length,
  };
}

const reduce: RowRule = (node) => {
  const value = onlyRows(node);
  const axes = node.ints('axes') ?? node.constant(1);
  if (!value || !axes || axes.length === 0) return undefined;
  return reduced(node, value, axes);
};

const argument: RowRule = (node) => {
  const value = onlyRows(node);
  return value && reduced(node, value, [int(node, 'axis', 0)]);
};

const gather: RowRule = (node) => {
  const [table, indices] = node.inputs;
  const axis = int(node, 'axis', 0);
  if (table && indices) return undefined;
  if (table) return axis > table.axis || (axis < 0 && avoids(axis, table)) ? { axis: table.axis } : undefined;
  return indices && axis >= 0 ? { axis: axis + indices.axis } : undefined;
};

const slice: RowRule = (node) => {
  const value = onlyRows(node);
  const starts = node.ints('starts') ?? node.constant(1);
  const axes = node.ints('axes') ?? (node.isGiven(3) ? node.constant(3) : starts?.map((_, axis) => axis));
  return value && axes?.every((axis) => avoids(axis, value)) ? value : undefined;
};

const squeeze: RowRule = (node) => {
  const value = onlyRows(node);
  const axes = node.ints('axes') ?? node.constant(1);
  if (!value || !axes?.every((axis) => avoids(axis, value))) return undefined;
  const rank = value.rank === undefined ? undefined : value.rank - axes.length;
  return { axis: value.axis - countBefore(axes, value), rank };
};

const unsqueeze: RowRule = (node) => {
  const value = onlyRows(node);
  const axes = node.ints('axes') ?? node.constant(1);
  if (!value || !axes) return undefined;
  const rank = value.rank === undefined ? undefined : value.rank + axes.length;
  if (rank === undefined && axes.some((axis) => axis < -1)) return undefined;
  const added = axes.map((axis) => (axis < 0 ? (rank ?? Number.POSITIVE_INFINITY) + axis : axis));
  let rows = value.axis;
  for (const axis of added.sort((a, b) => a - b)) if (axis <= rows) rows += 1;
  return { axis: rows, rank };
};

const flatten: RowRule = (node) => {
  const value = onlyRows(node);
  return value?.axis === 0 && int(node, 'axis', 1) === 1 ? { axis: 0, rank: 2 } : undefined;
};

const reshape: RowRule = (node) => {
  const value = onlyRows(node);
  const shape = node.ints('shape') ?? node.constant(1);
  if (value?.axis !== 0) return undefined;
  // A shape that is computed of sizes is the same for any values.
  if (!shape) return { axis: 0 };
  return shape[0] === 0 || shape[0] === -1 ? { axis: 0, rank: shape.length } : undefined;
};

const transpose: RowRule = (node) => {
  const value = onlyRows(node);
  if (!value) return undefined;
  const order = node.ints('perm');
  if (order) return { axis: order.indexOf(value.axis), rank: order.length };
  return value.rank === undefined ? undefined : { axis: value.rank - 1 - value.axis, rank: value.rank };
};

const pad: RowRule = (node) => {
  const value = onlyRows(node);
  const pads = node.ints('pads') ?? node.constant(1);
  if (!value || !pads || node.isGiven(3)) return undefined;
  return pads[value.axis] === 0 && pads[pads.length / 2 + value.axis] === 0 ? value : undefined;
};

/** The rows must not be what is summed up: the last dimension at the left, the last but one at the right. */
const multiply: RowRule = (node) => {
  const [left, right] = node.inputs;
  if (node.inputs.some((value, position) => value && position > 1)) return undefined;
  if (left && right) {
    const areStacks = [left, right].every(({ axis, rank }) => axis === 0 && (rank === undefined || rank > 2));
    return areStacks && left.rank === right.rank ? left : undefined;
  }
  if (left) return left.rank === undefined || left.axis < left.rank - 1 ? left : undefined;
  return right?.rank !== undefined && right.axis < right.rank - 2 ? right : undefined;
};

const gemm: RowRule = (node) => {
  const value = onlyRows(node);
  return value?.axis === 0 && int(node, 'transA', 0) === 0 ? { axis: 0, rank: 2 } : undefined;
};

const batchNormalization: RowRule = (node) =>
  int(node, 'training_mode', 0) === 0 && node.outputCount === 1 ? perSample(node) : undefined;

const layerNormalization: RowRule = (node) => {
  const value = onlyRows(node);
  const axis = int(node, 'axis', -1);
  if (!value) return undefined;
  if (axis === -1) return avoids(axis, value) ? value : undefined;
  const first = axis >= 0 ? axis : value.rank === undefined ? 0 : axis + value.rank;
  return first > value.axis ? value : undefined;
};

const recurrent: RowRule = (node) => {
  const isBatchFirst = int(node, 'layout', 0) === 1;
  const rows = isBatchFirst ? 0 : 1;
  const [x, , , , lengths, ...states] = node.inputs;
  const isClean = node.inputs.every((value, position) => !value || position === 0 || position > 3);
  if (!isClean || x?.axis !== rows || (lengths && lengths.axis !== 0)) return undefined;
  if (states.some((state) => state && state.axis !== rows)) return undefined;
  const last = { axis: rows, rank: 3 };
  return [{ axis: isBatchFirst ? 0 : 2, rank: 4 }, last, last];
};

const reverseSequence: RowRule = (node) => {
  const [value, lengths] = node.inputs;
  const isAlong = value?.axis === int(node, 'batch_axis', 1) && int(node, 'time_axis', 0) !== value.axis;
  return isAlong && (!lengths || lengths.axis === 0) ? value : undefined;
};

const cumulate: RowRule = (node) => {
  const value = onlyRows(node);
  const [axis] = node.constant(1) ?? [];
  return value && axis !== undefined && avoids(axis, value) ? value : undefined;
};

const oneHot: RowRule = (node) => {
  const value = onlyRows(node);
  const axis = int(node, 'axis', -1);
  if (!value || axis < -1) return undefined;
  const isBefore = axis >= 0 && axis <= value.axis;
  return { axis: value.axis + (isBefore ? 1 : 0), rank: value.rank === undefined ? undefined : value.rank + 1 };
};

const dropout: RowRule = (node) => (node.isGiven(2) ? undefined : onlyRows(node));

const named = (names: string, rule: RowRule): [string, RowRule][] => names.split(' ').map((name) => [name, rule]);

/**
 * Operators by domain and name in which the rows stay by themselves, and how. Whatever is not listed here may let them
 * meet. @see https://onnx.ai/onnx/operators/
 */
export const rowRules: ReadonlyMap<string, ReadonlyMap<string, RowRule>> = new Map([
  [
    '',
    new Map([
      ...named(
        'Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike ' +
          'Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Expand Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish ' +
          'Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or Pow PRelu Reciprocal ' +
          'Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu ' +
          'Tile Where Xor',
        elementwise,
      ),
      ...named(
        'AveragePool Conv ConvTranspose DepthToSpace GlobalAveragePool GlobalLpPool GlobalMaxPool GroupNormalization ' +
          'InstanceNormalization LpPool LRN MaxPool Resize SpaceToDepth Upsample',
        perSample,
      ),
      ...named('DequantizeLinear QuantizeLinear', (node) => onlyRows(node)),
      ...named('GatherElements ScatterElements', alongAxis(0)),
      ...named('Concat Split', (node) => alongAxis(node.opset < 4 ? 1 : 0)(node)),
      ...named('LpNormalization TopK', alongAxis(-1)),
      ...named('Hardmax LogSoftmax Softmax', softmax),
      ...named(
        'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ' +
          'ReduceSumSquare',
        reduce,
      ),
      ...named('ArgMax ArgMin', argument),
      ...named('GRU LSTM RNN', recurrent),
      ...named('MatMul MatMulInteger', multiply),
      ['BatchNormalization', batchNormalization],
      ['CumSum', cumulate],
      ['Dropout', dropout],
      ['Flatten', flatten],
      ['Gather', gather],
      ['Gemm', gemm],
      ['LayerNormalization', layerNormalization],
      ['OneHot', oneHot],
      ['Pad', pad],
      ['Reshape', reshape],
      ['ReverseSequence', reverseSequence],
      ['Slice', slice],
      ['Squeeze', squeeze],
      ['Transpose', transpose],
      ['Unsqueeze', unsqueeze],
    ]),
  ],
  [
    'ai.onnx.ml',
    new Map([
      ...named('Binarizer CategoryMapper LabelEncoder', elementwise),
      ...named(
        'ArrayFeatureExtractor FeatureVectorizer Imputer LinearClassifier LinearRegressor Normalizer OneHotEncoder Scaler ' +
          'SVMClassifier SVMRegressor TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor',
        perFeatureRow,
      ),
    ]),
  ],
]);
