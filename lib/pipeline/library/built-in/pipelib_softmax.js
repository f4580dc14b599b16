/**
 * Turns scores into shares between 0 and 1 that sum up to 1: a list of numbers, or a list of such lists, each by itself.
 */
function softmax(value) {
  const list = ArrayBuffer.isView(value) ? Array.from(value) : value;
  if (!Array.isArray(list)) throw new TypeError(`a list of scores was expected, got ${JSON.stringify(list)}`);
  if (list.some((item) => typeof item === 'object' && item !== null)) return list.map(softmax);
  const greatest = list.reduce((most, score) => Math.max(most, number(score)), -Infinity);
  // Less the greatest, so that no power overflows.
  const powers = list.map((score) => Math.exp(score - greatest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function number(value) {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`each score must be a finite number, got ${JSON.stringify(value)}`);
}

module.exports = softmax;
