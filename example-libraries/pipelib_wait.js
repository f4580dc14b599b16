/**
 * Takes the seconds it is told ({"seconds": 5}), as a slow service would, and answers when it began and ended.
 */
module.exports = {
  async exec({ seconds }) {
    if (!Number.isFinite(seconds) || seconds < 0 || seconds > 3600) {
      throw new TypeError(`seconds is a number from 0 to 3600, not ${JSON.stringify(seconds)}`);
    }
    const began = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return { began, ended: new Date().toISOString() };
  },
};
