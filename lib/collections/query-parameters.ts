import { invalidInput } from '../errors';
import { tokenize } from './sql/tokens';

/** The names a query asks values for: `:limit` → `limit`. @throws {ModelManagementError} `INVALID_QUERY` */
export function parameterNames(query: string): readonly string[] {
  const names = tokenize(query, 'sqlite').flatMap(({ kind, text }) => (kind === 'parameter' ? [text] : []));
  const bare = names.find((name) => !/^[:@$]\w/.test(name));
  if (bare !== undefined)
    throw invalidInput(
      'query',
      `The query holds ${bare}, which has no name.`,
      'Write :name for values of the message.',
    );
  return [...new Set(names.map((name) => name.slice(1)))];
}

/**
 * The values of a query's names from a message: a key of an object in `payload`, else a property of the message.
 * @throws {ModelManagementError} `INVALID_INPUT` naming the first that is nowhere
 */
export function parametersOf(
  names: readonly string[],
  message: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { payload } = message;
  const own =
    typeof payload === 'object' && payload !== null && !Array.isArray(payload)
      ? (payload as Record<string, unknown>)
      : {};
  return Object.fromEntries(
    names.map((name) => {
      const value = Object.hasOwn(own, name) ? own[name] : message[name];
      if (value === undefined) {
        throw invalidInput(
          `query.${name}`,
          `The query needs :${name}, and the message has neither payload.${name} nor ${name}.`,
          `Set msg.${name} before this node.`,
        );
      }
      return [name, value];
    }),
  );
}
