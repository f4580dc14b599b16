/**
 * Lengths as people write them ("2.75 in", "70 mm", 7) to centimetres, field by field.
 */
const centimetres = { in: 2.54, mm: 0.1, cm: 1 };

function length(name, written) {
  if (typeof written === 'number') return written;
  const [, number, unit = 'cm'] = /^\s*([\d.]+)\s*(in|mm|cm)?\s*$/.exec(written) ?? [];
  if (number === undefined) throw new TypeError(`${name} is no length: ${JSON.stringify(written)}`);
  return Number(number) * centimetres[unit];
}

module.exports = {
  exec(input) {
    return Object.fromEntries(Object.entries(input).map(([name, written]) => [name, length(name, written)]));
  },
};
