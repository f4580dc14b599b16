const passageTypes = new Set(['junction', 'link in', 'link out']);

/**
 * True for what hands messages on without doing anything with them: a message that leaves it still comes from whoever
 * sent it there. A subflow instance is one inwards.
 */
export function isPassage(type: string): boolean {
  return passageTypes.has(type) || type.startsWith('subflow:');
}
