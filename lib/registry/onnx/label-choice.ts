/**
 * The names of the classes: those that the model itself computes with, unless they only count (0, 1, 2 …) and somebody
 * has given as many names.
 */
export function chooseLabels(
  classes: readonly string[] | undefined,
  names: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!classes || !names) return classes ?? names;
  const onlyCount = classes.every((label, index) => label === String(index));
  return onlyCount && names.length === classes.length ? names : classes;
}
