/**
 * Turns objects into rows, in the order of msg.features: with ["a", "b"], {a: 1, b: 2} becomes [1, 2], and a list of
 * objects a list of rows. A feature that is missing or null is an error; further keys do not matter.
 */
function rowOf(item, features, place) {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new TypeError(`an object was expected${place}, got ${JSON.stringify(item)}`);
  }
  return features.map((feature) => {
    const value = Object.hasOwn(item, feature) ? item[feature] : undefined;
    if (value === undefined || value === null) throw new TypeError(`the feature "${feature}" is missing${place}`);
    return value;
  });
}

module.exports = (input, { msg }) => {
  const { features } = msg;
  if (!Array.isArray(features) || features.length === 0) {
    throw new TypeError('set msg.features to the list of the names, in the order the model takes them');
  }
  if (Array.isArray(input)) return input.map((item, index) => rowOf(item, features, ` in row ${index}`));
  return rowOf(input, features, '');
};
