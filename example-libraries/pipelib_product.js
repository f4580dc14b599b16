/**
 * The product of the numbers it gets by name: fields of a message ({"a": 7, "b": 3}) or results of parents.
 */
module.exports = {
  exec(input) {
    const numbers = Object.values(input);
    if (!numbers.every(Number.isFinite)) throw new TypeError(`these are not all numbers: ${JSON.stringify(input)}`);
    return numbers.reduce((product, number) => product * number, 1);
  },
};
