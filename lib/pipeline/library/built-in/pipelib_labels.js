/**
 * Turns class numbers into their names, those of msg.labels: with ["no", "yes"], 1 becomes "yes", and a list of numbers
 * a list of names.
 */
function labelOf(value, labels) {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value, (item) => labelOf(item, labels));
  // Models give 64-bit class numbers as text where a number could not hold them.
  const place = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (Number.isInteger(place) && place >= 0 && place < labels.length) return labels[place];
  throw new RangeError(
    `each value must be a whole number from 0 to ${labels.length - 1}, got ${JSON.stringify(value)}`,
  );
}

module.exports = (input, { msg }) => {
  if (!Array.isArray(msg.labels) || msg.labels.length === 0) {
    throw new TypeError('set msg.labels to the list of the names, in the order of their numbers');
  }
  return labelOf(input, msg.labels);
};
