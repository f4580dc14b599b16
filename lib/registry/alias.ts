import { invalidInput } from '../errors';
import { AliasName, DEPLOYED, LATEST } from '../ids';

const RESERVED: readonly AliasName[] = [DEPLOYED, LATEST];

/**
 * An alias somebody may point at a version.
 * @throws {ModelManagementError} `INVALID_INPUT` for a bad name, for `latest`, which is computed, and for other
 * spellings of the reserved names, which would be mistaken for them
 */
export function parseSettableAlias(text: string): AliasName {
  const parsed = AliasName.safeParse(text);
  if (!parsed.success) {
    throw invalidInput(
      'alias',
      `An alias begins with a letter, then up to 62 letters, digits, ".", "_" or "-"; got ${JSON.stringify(text)}.`,
      'Choose a name such as champion or canary.',
    );
  }
  const alias = parsed.data;
  if (alias === LATEST) {
    throw invalidInput('alias', 'The alias latest is computed: it always names the highest version.', 'Use another.');
  }
  const reserved = RESERVED.find((name) => name === alias.toLowerCase());
  if (reserved && reserved !== alias) {
    throw invalidInput('alias', `The alias ${alias} looks like the reserved ${reserved}.`, 'Use another name.');
  }
  return alias;
}

/**
 * An alias somebody may take away.
 * @throws {ModelManagementError} `INVALID_INPUT`, also for `deployed`: nodes and edges always need one
 */
export function parseDeletableAlias(text: string): AliasName {
  const alias = parseSettableAlias(text);
  if (alias === DEPLOYED) {
    throw invalidInput('alias', 'The alias deployed cannot be deleted, only moved.', 'Deploy another version.');
  }
  return alias;
}
