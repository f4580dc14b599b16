/**
 * Brings numbers to a common scale: (x - mean) / std with msg.normalize = {mean, std}, or (x - min) / (max - min) with
 * {min, max}. Each of them is one number for all, or a list with one per column.
 */
function number(value, what) {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`${what} must be a finite number, got ${JSON.stringify(value)}`);
}

/** The value for a column of a row that is `width` wide. */
function ofColumn(option, column, width, name) {
  if (!Array.isArray(option)) return number(option, `msg.normalize.${name}`);
  if (option.length !== width) {
    throw new RangeError(`msg.normalize.${name} has ${option.length} values, but a row has ${width} columns`);
  }
  return number(option[column], `msg.normalize.${name}[${column}]`);
}

function scaleOf(options, column, width) {
  const isMinMax = options.min !== undefined || options.max !== undefined;
  const [offsetName, endName] = isMinMax ? ['min', 'max'] : ['mean', 'std'];
  const offset = ofColumn(options[offsetName], column, width, offsetName);
  const end = ofColumn(options[endName], column, width, endName);
  const scale = isMinMax ? end - offset : end;
  if (scale > 0) return { offset, scale };
  throw new RangeError(`msg.normalize: ${isMinMax ? 'max must be greater than min' : 'std must be greater than 0'}`);
}

function normalize(value, options, column, width) {
  const list = ArrayBuffer.isView(value) ? Array.from(value) : value;
  if (Array.isArray(list)) return list.map((item, index) => normalize(item, options, index, list.length));
  const { offset, scale } = scaleOf(options, column, width);
  return (number(list, 'each value') - offset) / scale;
}

module.exports = (input, { msg }) => {
  if (typeof msg.normalize !== 'object' || msg.normalize === null) {
    throw new TypeError('set msg.normalize to {mean, std} or {min, max}');
  }
  return normalize(input, msg.normalize, 0, 1);
};
