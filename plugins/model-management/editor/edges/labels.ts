/** Labels as a person writes them, with commas between. */
export const labelsOf = (text: string): readonly string[] => [
  ...new Set(
    text
      .split(',')
      .map((label) => label.trim())
      .filter(Boolean),
  ),
];
