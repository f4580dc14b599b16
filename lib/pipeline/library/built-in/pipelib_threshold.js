/**
 * Tells for each number whether it reaches a limit: msg.threshold, 0.5 without it. With {limit, above, below} it gives
 * these values instead of true and false.
 */
function optionsOf(threshold = 0.5) {
  const options = typeof threshold === 'object' && threshold !== null ? threshold : { limit: threshold };
  const { limit = 0.5, above = true, below = false } = options;
  if (typeof limit === 'number' && !Number.isNaN(limit)) return { limit, above, below };
  throw new TypeError(`msg.threshold must be a number or {limit, above, below}, got ${JSON.stringify(threshold)}`);
}

function decide(value, options) {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value, (item) => decide(item, options));
  if (typeof value === 'number' && !Number.isNaN(value)) return value >= options.limit ? options.above : options.below;
  throw new TypeError(`each value must be a number, got ${JSON.stringify(value)}`);
}

module.exports = (input, { msg }) => decide(input, optionsOf(msg.threshold));
