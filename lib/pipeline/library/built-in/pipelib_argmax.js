/**
 * Tells where the greatest number stands, counted from 0: [0.1, 0.7, 0.2] gives 1, a list of lists a list of places. Of
 * equal numbers it is the first.
 */
function argmax(value) {
  const list = ArrayBuffer.isView(value) ? Array.from(value) : value;
  if (!Array.isArray(list)) throw new TypeError(`a list of numbers was expected, got ${JSON.stringify(list)}`);
  if (list.some((item) => typeof item === 'object' && item !== null)) return list.map(argmax);
  if (list.length === 0) throw new RangeError('an empty list has no greatest number');
  let best = 0;
  for (const [place, item] of list.entries()) {
    if (typeof item !== 'number' || Number.isNaN(item)) {
      throw new TypeError(`each value must be a number, got ${JSON.stringify(item)}`);
    }
    if (item > list[best]) best = place;
  }
  return best;
}

module.exports = (input) => (Array.isArray(input) && input.length === 0 ? [] : argmax(input));
