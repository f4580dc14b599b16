/**
 * Passes on the result of one parent; the others only have to be there, as gates. It picks the one that msg.pick names
 * by key, name or id, else the first with the policy "next", else the first of the list. Behind one parent it passes on
 * what it gets.
 */
function choose(parents, wanted) {
  if (wanted === undefined) return parents.find(({ policy }) => policy === 'next') ?? parents[0];
  const found = parents.find(({ key, name, id }) => key === wanted || name === wanted || id === wanted);
  if (found) return found;
  throw new TypeError(
    `msg.pick is ${JSON.stringify(wanted)}, but the parents are ${parents.map(({ key }) => key).join(', ')}`,
  );
}

module.exports = (input, { msg, parents }) => {
  if (parents.length < 2) return input;
  return input[choose(parents, msg.pick).key];
};
