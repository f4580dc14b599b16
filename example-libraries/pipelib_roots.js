/**
 * Two numbers from their sum and their product, the larger in size first: the roots of x² - sum·x + product.
 */
module.exports = {
  exec({ sum, product }) {
    if (![sum, product].every(Number.isFinite)) throw new TypeError(`no numbers: sum ${sum}, product ${product}`);
    const discriminant = sum * sum - 4 * product;
    // Of two equal numbers it is 0, and rounding may bring it just below.
    if (discriminant < -1e-12 * sum * sum) throw new RangeError(`no numbers have sum ${sum}, product ${product}`);
    const larger = (sum + Math.sign(sum || 1) * Math.sqrt(Math.max(discriminant, 0))) / 2;
    // The other one by the product: a difference would lose digits where their sizes differ much.
    return larger === 0 ? [0, 0] : [larger, product / larger];
  },
};
